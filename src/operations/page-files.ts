/** The files of the page. They are in the folder `page` next to this module, and go to the browser as they are. */

import { readFile } from 'node:fs/promises';
import type { Answer } from './answer.ts';
import type { Resource } from './handler.ts';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Paths of the endpoint and the files that are there. */
const FILES: Readonly<Record<string, string>> = {
  '/': 'index.html',
  ...Object.fromEntries(
    [
      ...[
        'style.css',
        'icon.svg',
        'app.js',
        'client.js',
        'dead-letters.js',
        'dom.js',
        'plot.js',
        'producer.js',
        'routes.js',
        'samples.js',
      ],
      'units.js',
    ].map((name) => [`/page/${name}`, name]),
  ),
};

/** They need no token, because nothing in them is about these producers. */
export function pageFiles(): [path: string, resource: Resource][] {
  return Object.entries(FILES).map(([path, name]) => [path, { isOpen: true, answer: () => contentOf(name) }]);
}

async function contentOf(name: string): Promise<Answer> {
  const body = await readFile(new URL(`./page/${name}`, import.meta.url));
  return { status: 200, type: TYPES[name.split('.').at(-1) as string] as string, body };
}
