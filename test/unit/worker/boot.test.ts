import { once } from 'node:events';
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
