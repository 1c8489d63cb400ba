/** Debian's Chromium without a window, driven by puppeteer-core, which is installed apart. */

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { installApart } from '../../scripts/apart.mjs';
import { REPOSITORY } from '../support/repository.ts';

/** The parts of a page of puppeteer that the tests use. Code that runs in the page is passed as a text, because it has its own globals. */
export interface Page {
  goto(url: string): Promise<unknown>;
  evaluate<T>(code: string): Promise<T>;
  waitForFunction(code: string, options?: { timeout: number }): Promise<unknown>;
  type(selector: string, text: string): Promise<void>;
  click(selector: string): Promise<void>;
  focus(selector: string): Promise<void>;
  readonly keyboard: { press(key: string): Promise<void> };
  on(event: 'request', listener: (request: { url(): string }) => void): void;
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): void;
  on(event: 'pageerror', listener: (error: Error) => void): void;
  emulateMediaFeatures(features: readonly { name: string; value: string }[]): Promise<void>;
  setViewport(size: { width: number; height: number }): Promise<void>;
  screenshot(options: { path: string; fullPage: boolean }): Promise<unknown>;
  close(): Promise<void>;
}

export interface Browser {
  createBrowserContext(): Promise<{ newPage(): Promise<Page> }>;
  close(): Promise<void>;
}

interface Puppeteer {
  launch(options: Record<string, unknown>): Promise<Browser>;
}

const CHROMIUM = '/usr/bin/chromium';

function apart(): NodeJS.Require {
  installApart('page', 'puppeteer-core');
  return createRequire(join(REPOSITORY, 'npm/page/package.json'));
}

export function launch(): Promise<Browser> {
  const puppeteer = apart()('puppeteer-core') as Puppeteer;
  return puppeteer.launch({
    executablePath: CHROMIUM,
    headless: true,
    pipe: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
}

export interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Returns what axe-core finds wrong with the page as it is now. It is evaluated from outside, which the page's policy allows. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(apart().resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate<readonly Violation[]>('axe.run().then(({ violations }) => violations)');
  return found.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

/** Keeps a picture of the page, for a person to look at, in the folder that `OUTSPOOL_SCREENSHOTS` names. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.OUTSPOOL_SCREENSHOTS;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
