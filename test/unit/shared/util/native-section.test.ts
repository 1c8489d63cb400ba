import { spawnSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { closeNativeGate, endNativeGate, newNativeGate } from '../../../../src/shared/util/native-section.ts';

const module = new URL('../../../../src/shared/util/native-section.js', import.meta.url).href;

/** Has loaded, and enters a section, whenever it is told to; stays there until `leave` is not 0. */
const script = `
  const { parentPort, workerData: { gate, leave } } = require('node:worker_threads');
  import(${JSON.stringify(module)}).then(({ guardNativeSections, loadSection, nativeSection }) => {
    guardNativeSections(gate);
    const stay = (where) => {
      parentPort.postMessage(where);
      Atomics.wait(leave, 0, 0);
    };
    const answer = async (work) => {
      try {
        await work();
        parentPort.postMessage('left');
      } catch (error) {
        parentPort.postMessage(error.message);
      }
    };
    const WORK = {
      load: () => loadSection(async () => stay('loading')),
      'load natively': () => loadSection(async () => nativeSection(() => stay('inside'))),
      enter: () => nativeSection(() => stay('inside')),
    };
    parentPort.on('message', (name) => answer(WORK[name]));
    parentPort.postMessage('ready');
  });`;

describe('native sections of a worker thread', () => {
  let worker: Worker;
  let gate: SharedArrayBuffer;
  let leave: Int32Array;

  const heard = () => new Promise((resolve) => worker.once('message', resolve));
  const tell = (name: string) => {
    const answer = heard();
    worker.postMessage(name);
    return answer;
  };
  const enter = () => tell('enter');
  /** As a thread that has loaded its entry. */
  const loaded = async () => {
    Atomics.store(leave, 0, 1);
    await tell('load');
    await heard();
    Atomics.store(leave, 0, 0);
  };
  const letGo = () => {
    const left = heard();
    Atomics.store(leave, 0, 1);
    Atomics.notify(leave, 0);
    return left;
  };
  async function isWaitedFor(): Promise<void> {
    let closed = false;
    const closing = closeNativeGate(gate, 100_000).then(() => {
      closed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(closed).to.equal(false);
    const left = letGo();
    await closing;
    expect(await left).to.equal('left');
  }

  beforeEach(async () => {
    gate = newNativeGate();
    leave = new Int32Array(new SharedArrayBuffer(4));
    worker = new Worker(script, { eval: true, workerData: { gate, leave } });
    await heard();
  });

  afterEach(() => worker.terminate());

  it('are waited for by who ends the thread', async () => {
    await loaded();
    await enter();
    await isWaitedFor();
  });

  it('are waited for while modules are loaded, and that goes on to its end', async () => {
    await tell('load natively');
    await isWaitedFor();
    expect(await enter()).to.equal('this thread is being ended');
  });

  it('let the thread load its modules to the end, which then does nothing more', async () => {
    await tell('load');
    await isWaitedFor();
    expect(await enter()).to.equal('this thread is being ended');
    expect(await tell('load')).to.equal('this thread is being ended');
  });

  it('are not waited for in a thread that has ended by itself', async () => {
    await tell('load');
    endNativeGate(gate);
    await closeNativeGate(gate, 100_000);
    await letGo();
  });

  it('are left to the process that exits, but for native code', async () => {
    const started = `
      import { closeGateAtExit, newNativeGate } from ${JSON.stringify(module)};
      closeGateAtExit(newNativeGate());`;
    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', started], { timeout: 4000 });
    expect(status).to.equal(0);
  });

  it('are waited for no longer than the given time', async () => {
    await loaded();
    await enter();
    await closeNativeGate(gate, 10);
    Atomics.store(leave, 0, 1);
    Atomics.notify(leave, 0);
  });

  it('are not entered any more once the gate is closed', async () => {
    await loaded();
    await closeNativeGate(gate, 10_000);
    expect(await enter()).to.equal('this thread is being ended');
  });

  it('can be entered again and again before that', async () => {
    await loaded();
    Atomics.store(leave, 0, 1);
    for (let times = 0; times < 3; times++) {
      await enter();
      expect(await heard()).to.equal('left');
    }
  });
});
