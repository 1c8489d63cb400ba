/** The page of the operations endpoint in Chromium, with real producers under load. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { MemoryProducer } from '../../src/kinds/memory/memory-producer.ts';
import { ProducerRuntime } from '../../src/runtime.ts';
import { PermanentSendError } from '../../src/shared/errors.ts';
import { LogLines } from '../support/log-lines.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS } from '../support/until.ts';
import { type Browser, launch, type Page, picture, violations } from './browser.ts';

const TOKEN = 'a-token-of-enough-length';

/** Nothing listens at port 1, so `webhook` has an outage. */
const FILE = `
producers:
  - { type: memory, name: orders }
  - { type: memory, name: audit, dead_letter: { file: letters.ndjson } }
  - { type: http, name: webhook, url: 'http://127.0.0.1:1/', queue: { when_full: drop_newest, spool: { path: spool } } }
routes:
  - { name: orders, when: { topic: 'orders' }, to: [orders, audit], fallback: webhook }
  - { name: bad, when: { topic: 'bad' }, to: audit }
  - { name: hooks, when: { topic: 'hooks' }, to: webhook }
unmatched: drop
`;

const LINE = "document.querySelector('.plot path').getAttribute('d')";

describe('the page of the operations endpoint', function () {
  this.timeout(2 * HANG_MS);

  const directory = temporaryDirectories();
  let browser: Browser;
  let runtime: ProducerRuntime;
  let page: Page;
  let load: NodeJS.Timeout;
  let url: string;
  let requests: string[];
  let complaints: string[];

  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  const start = async (token: string | undefined) => {
    const log = new LogLines();
    const file = join(directory(), 'producers.yaml');
    const operations = { listen: '127.0.0.1:0', ...(token && { token }) };
    writeFileSync(file, `${FILE}operations: ${JSON.stringify(operations)}\n`);
    runtime = await ProducerRuntime.fromFile(file, { logger: log });
    url = String(/listening on (\S+)/.exec(log.all)?.[1]);
    const audit = runtime.producer('audit') as unknown as MemoryProducer;
    audit.failWhen(({ topic }) => (topic === 'bad' ? new PermanentSendError('refused for ever') : undefined));
    runtime.produce({ topic: 'bad', key: 'k-7', value: { markup: '<b>bold</b>' } });
    let second = 0;
    load = setInterval(() => {
      const messages = 150 + 100 * Math.sin(second++ / 5);
      for (let n = 0; n < messages; n++) runtime.produce({ topic: 'orders', value: { total: n } });
      runtime.produce({ topic: 'hooks', value: 1 });
      runtime.produce({ topic: 'nothing', value: 1 });
    }, 100);
  };

  const open = async () => {
    page = await (await browser.createBrowserContext()).newPage();
    requests = [];
    complaints = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      if (message.type() !== 'verbose') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(url);
  };

  const until = (code: string) => page.waitForFunction(code, { timeout: HANG_MS });
  const text = () => page.evaluate<string>('document.body.innerText');
  const shown = () => until("document.querySelectorAll('article').length === 3");

  afterEach(async () => {
    clearInterval(load);
    await page.close();
    await runtime.shutdown(0);
  });

  describe('under load', () => {
    beforeEach(async () => {
      await start(undefined);
      await open();
      await shown();
    });

    it('shows every producer, and its plots move', async () => {
      await until(`${LINE}?.includes('L')`);
      const first = await page.evaluate<string>(LINE);
      await until(`${LINE} !== ${JSON.stringify(first)}`);
      expect(await text())
        .to.match(/orders\s+memory\s+connected/)
        .and.match(/Delivered\s+[1-9]/);
      expect(complaints).to.deep.equal([]);
    });

    it('shows an outage, what it is, and when it is tried again', async () => {
      await until("document.body.innerText.includes('Blocked by')");
      await until("document.querySelector('#errors b')?.textContent === 'webhook'");
      expect(await text()).to.match(/Blocked by (connection|back-off): .*127\.0\.0\.1:1/);
      expect(await text()).to.match(/ready$/m); // an outage alone does not make a process unready
      await picture(page, 'outage');
    });

    it('shows the routes and what matched none', async () => {
      const label = await page.evaluate<string>("document.querySelector('.graph').getAttribute('aria-label')");
      expect(label).to.match(/^route orders to orders, audit, fallback webhook: [\d,]+ messages/);
      expect(await text()).to.match(/[\d,]+ messages? matched no route/);
    });

    it('lists dead letters, shows one as text, and finds them', async () => {
      await until("document.querySelectorAll('#dead-letters li').length === 1");
      await page.focus('summary');
      await page.keyboard.press('Enter');
      await until("document.querySelector('details').open");
      expect(await text())
        .to.match(/audit .*refused for ever/)
        .and.include('"markup":"<b>bold</b>"');
      await picture(page, 'dead-letters');
      await page.type('#search', 'nothing like it');
      await page.keyboard.press('Enter');
      await until("document.querySelectorAll('#dead-letters li').length === 0");
      expect(await violations(page)).to.deep.equal([]);
    });

    it('asks nobody but its own server', async () => {
      await until(`${LINE}?.includes('L')`);
      expect(new Set(requests.map((request) => new URL(request).origin))).to.deep.equal(new Set([new URL(url).origin]));
      expect(requests.length).to.be.above(10);
    });

    for (const scheme of ['light', 'dark'])
      it(`has no fault that axe-core finds, in ${scheme}`, async () => {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        await until("document.querySelector('#errors b') !== null");
        expect(await violations(page)).to.deep.equal([]);
        await picture(page, scheme);
      });

    it('fits the width of a phone', async () => {
      await page.setViewport({ width: 360, height: 740 });
      await until("document.querySelector('#errors b') !== null");
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(360);
      await picture(page, 'phone');
    });

    it('says since when a process has not answered', async () => {
      clearInterval(load);
      await runtime.shutdown(0);
      await until("!document.getElementById('trouble').hidden");
      expect(await text()).to.include('has not answered since');
    });
  });

  describe('with a token', () => {
    beforeEach(async () => {
      await start(TOKEN);
      await open();
      await until("!document.getElementById('login').hidden");
    });

    it('shows nothing without it, and asks for it', async () => {
      expect(await text()).not.to.include('orders');
      expect(await violations(page)).to.deep.equal([]);
      await picture(page, 'login');
    });

    it('refuses another one', async () => {
      await page.type('#token', 'a-token-of-somebody-else');
      await page.click('#login button');
      await until("document.body.innerText.includes('not the right one')");
    });

    it('is given by keyboard alone, is never in a URL, and lasts for a reload', async () => {
      await page.focus('#token');
      await page.type('#token', TOKEN);
      await page.keyboard.press('Enter');
      await shown();
      await page.goto(url);
      await shown();
      expect(requests.filter((request) => request.includes(TOKEN))).to.deep.equal([]);
    });
  });
});
