import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';

const BOOT = new URL('../../../src/worker/boot.cjs', import.meta.url).pathname;
const LOOKS = 50;

/** The thread has so little of a core that ten seconds pass between any two looks at the clock. */
const STARVED = `
  const { parentPort, workerData } = require('node:worker_threads');
  let looks = 0;
  process.getActiveResourcesInfo = () => (++looks < ${LOOKS} ? ['FSReqPromise'] : []);
  let ms = 0;
  performance.now = () => (ms += 10_000);
  const port = { postMessage: ({ type }) => parentPort.postMessage({ type, looks }), on() {} };
  const memory = () => new SharedArrayBuffer(4);
  const source = { module: 'file:///nowhere.mjs', className: 'Nowhere', config: {} };
  require(workerData)({ port, pulse: memory(), silentMs: 30_000, nativeGate: memory(), ledger: memory(), source });
`;

describe('a thread that cannot load its class', () => {
  it('says so when no file is open any more, however little of a core it gets', async () => {
    const worker = new Worker(STARVED, { eval: true, workerData: BOOT });
    const [told] = await once(worker, 'message');
    await worker.terminate();
    expect(told).to.deep.equal({ type: 'failed', looks: LOOKS });
  });
});
