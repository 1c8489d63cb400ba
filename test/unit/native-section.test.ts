import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { closeNativeGate, newNativeGate } from '../../src/native-section.ts';

const module = new URL('../../src/native-section.js', import.meta.url).href;

/** Enters a section whenever it is told to, and stays there until `leave` is not 0. */
const script = `
  const { parentPort, workerData: { gate, leave } } = require('node:worker_threads');
  import(${JSON.stringify(module)}).then(({ guardNativeSections, nativeSection }) => {
    guardNativeSections(gate);
    parentPort.on('message', () => {
      try {
        nativeSection(() => {
          parentPort.postMessage('inside');
          Atomics.wait(leave, 0, 0);
        });
        parentPort.postMessage('left');
      } catch (error) {
        parentPort.postMessage(error.message);
      }
    });
    parentPort.postMessage('ready');
  });`;

describe('native sections of a worker thread', () => {
  let worker: Worker;
  let gate: SharedArrayBuffer;
  let leave: Int32Array;

  const heard = () => new Promise((resolve) => worker.once('message', resolve));
  const enter = () => {
    const answer = heard();
    worker.postMessage('enter');
    return answer;
  };

  beforeEach(async () => {
    gate = newNativeGate();
    leave = new Int32Array(new SharedArrayBuffer(4));
    worker = new Worker(script, { eval: true, workerData: { gate, leave } });
    await heard();
  });

  afterEach(() => worker.terminate());

  it('are waited for by who ends the thread', async () => {
    await enter();
    let closed = false;
    const closing = closeNativeGate(gate, 10_000).then(() => {
      closed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(closed).to.equal(false);
    Atomics.store(leave, 0, 1);
    Atomics.notify(leave, 0);
    await closing;
  });

  it('are waited for no longer than the given time', async () => {
    await enter();
    await closeNativeGate(gate, 10);
    Atomics.store(leave, 0, 1);
    Atomics.notify(leave, 0);
  });

  it('are not entered any more once the gate is closed', async () => {
    await closeNativeGate(gate, 10_000);
    expect(await enter()).to.equal('this thread is being ended');
  });

  it('can be entered again and again before that', async () => {
    Atomics.store(leave, 0, 1);
    for (let times = 0; times < 3; times++) {
      await enter();
      expect(await heard()).to.equal('left');
    }
  });
});
