/** Every relative link of the documents leads to a file and to a heading of it, and every path of the repository in them exists. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import { REPOSITORY } from '../support/repository.ts';

/** A link of markdown: its text may hold code, its target no blank. */
const LINK = /\]\(([^()\s]+)\)/g;

/** A path of the repository in running text or code, without a line number or a full stop behind it. */
const PATH = /(?<![\w./@-])(?:src|test|scripts|docs|examples|bench)\/[\w./*{},-]*\w\/?/g;

/** The last parts of a path in code: `worker/delivery/loop`, `partitions/`. */
const SHORT_PATH = /`([a-z][\w.-]*(?:\/[\w.-]+)+)\/?`/g;

const documents = (): string[] => [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...readdirSync(join(REPOSITORY, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const textOf = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');

/** Without code, in which brackets and lines that begin with a number sign have other meanings. */
const prose = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '').replace(/^ {4}.*$/gm, '');

/** What GitHub makes of a heading. */
const slug = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

/** The anchors of a document; a heading that comes again has a number behind it. */
function anchors(path: string): Set<string> {
  const found = new Set<string>();
  for (const [, heading = ''] of prose(textOf(path)).matchAll(/^#+ (.+)$/gm)) {
    const name = slug(heading);
    let anchor = name;
    for (let again = 1; found.has(anchor); again++) anchor = `${name}-${again}`;
    found.add(anchor);
  }
  return found;
}

/** Why a link of a document leads nowhere; undefined where it does lead somewhere. */
function fault(document: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? document : relative(REPOSITORY, join(REPOSITORY, dirname(document), path));
  if (target.startsWith('..') || !existsSync(join(REPOSITORY, target))) return 'no such file';
  if (anchor === undefined) return undefined;
  if (!statSync(join(REPOSITORY, target)).isFile() || !anchors(target).has(anchor)) return 'no such heading';
  return undefined;
}

describe('the documents', () => {
  for (const document of documents()) {
    it(`${document}: every relative link leads to a file and a heading that are there`, () => {
      const text = prose(textOf(document));
      const links = [...text.matchAll(LINK)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
      const wrong = links.flatMap((link) => {
        const why = fault(document, link);
        return why === undefined ? [] : [`${link}: ${why}`];
      });
      expect(wrong).to.deep.equal([]);
    });

    it(`${document}: every path of the repository exists`, () => {
      const paths = [...textOf(document).matchAll(PATH)].map(([path]) => path).filter((path) => !path.includes('*'));
      expect(paths.filter((path) => !existsSync(join(REPOSITORY, path)))).to.deep.equal([]);
    });
  }

  it('name files of sources and tests, also by the last parts of their paths', () => {
    const inside = ['src', 'test', 'scripts'].flatMap((folder) =>
      readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' }).map((name) => `/${folder}/${name}/`),
    );
    const files = [...inside, ...readdirSync(join(REPOSITORY, 'npm')).map((name) => `/npm/${name}/`)];
    const stems = files.map((name) => name.replace(/(?:\.test)?\.[cm]?ts\/$/, '/'));
    const named = ['docs/DESIGN.md', 'docs/decisions.md', 'docs/invariants.md'].flatMap((path) =>
      [...textOf(path).matchAll(SHORT_PATH)].map(([, name = '']) => name.replace(/\.[cm]?ts$/, '')),
    );
    expect(named.length).to.be.above(80);
    expect(named.filter((name) => !stems.some((stem) => stem.includes(`/${name}/`)))).to.deep.equal([]);
  });

  it('are there where sources, tests, scripts and examples name one', () => {
    const names = ['src', 'test', 'scripts', 'examples', 'bench'].flatMap((folder) =>
      readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    );
    const texts = names.filter((name) => /\.(?:[cm]?[jt]s|md|ya?ml)$/.test(name)).map(textOf);
    const pages = texts.flatMap((text) => text.match(/(?<![\w-])docs\/[\w/-]+\.md/g) ?? []);
    expect(pages.length).to.be.above(15);
    expect(pages.filter((page) => !existsSync(join(REPOSITORY, page)))).to.deep.equal([]);
  });

  it('are read at all: links, anchors and paths are found in them', () => {
    const count = (pattern: RegExp) =>
      documents()
        .map((path) => [...textOf(path).matchAll(pattern)].length)
        .reduce((sum, one) => sum + one);
    expect(count(LINK)).to.be.above(100);
    expect(count(/\]\([^()\s]*#[^()\s]+\)/g)).to.be.above(30);
    expect(count(PATH)).to.be.above(15);
  });
});
