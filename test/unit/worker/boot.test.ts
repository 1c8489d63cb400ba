import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';

const BOOT = new URL('../../../src/worker/boot.cjs', import.meta.url).pathname;
const LOOKS = 50;

/** Something is read or closed for so many looks, and so little of a core does the thread have that ten seconds pass between any two. */
const starved = (resource: string) => `
  const { parentPort, workerData } = require('node:worker_threads');
  let looks = 0;
  process.getActiveResourcesInfo = () => (++looks < ${LOOKS} ? ['${resource}'] : []);
  let ms = 0;
  performance.now = () => (ms += 10_000);
  const port = { postMessage: ({ type }) => parentPort.postMessage({ type, looks }), on() {} };
  const memory = () => new SharedArrayBuffer(4);
  const source = { module: 'file:///nowhere.mjs', className: 'Nowhere', config: {} };
  require(workerData)({ port, pulse: memory(), silentMs: 30_000, nativeGate: memory(), ledger: memory(), source });
`;

describe('a thread that cannot load its class', () => {
  for (const resource of ['FSReqPromise', 'CloseReq'])
    it(`says so when no file is open any more, however little of a core it gets: ${resource}`, async () => {
      const worker = new Worker(starved(resource), { eval: true, workerData: BOOT });
      const [told] = await once(worker, 'message');
      await worker.terminate();
      expect(told).to.deep.equal({ type: 'failed', looks: LOOKS });
    });
});

describe('a thread that cannot load our own modules', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'boot-'));
    copyFileSync(BOOT, join(folder, 'boot.cjs'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What the thread reports, and the error that ends it. */
  async function booted(): Promise<{ told: { type: string; error: Error }; thrown: Error }> {
    const boot = `
      const { parentPort, workerData } = require('node:worker_threads');
      require(workerData)({ port: { postMessage: (told) => parentPort.postMessage(told) } });
    `;
    const worker = new Worker(boot, {
      eval: true,
      workerData: join(folder, 'boot.cjs'),
      execArgv: ['--unhandled-rejections=none'], // a rejection alone would not end the thread
    });
    const heard: { told?: unknown; thrown?: unknown } = {};
    worker
      .on('message', (told) => Object.assign(heard, { told }))
      .on('error', (thrown) => Object.assign(heard, { thrown }));
    await new Promise((resolve) => worker.on('exit', resolve));
    return heard as { told: { type: string; error: Error }; thrown: Error };
  }

  it('says so as a crash, with the error, and ends', async () => {
    const { told, thrown } = await booted();
    expect(told.type).to.equal('crashed');
    expect(told.error).to.include.keys('name', 'message', 'stack');
    expect(told.error.message).to.include('entry.js');
    expect(thrown.message).to.equal(told.error.message);
  });

  it('says so also where what was thrown is no error', async () => {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'entry.js'), "throw 'only a text';");
    const { told } = await booted();
    expect(told).to.deep.equal({ type: 'crashed', error: { name: 'Error', message: 'only a text' } });
  });
});
