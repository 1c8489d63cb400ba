/** `produce send` to a server that can be reached late, and stalls while it takes the messages. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { send } from '../../src/cli/send/send.ts';
import { atSomePace } from '../support/pace.ts';
import { temporaryDirectories } from '../support/temporary.ts';

const INDEX = new URL('../../src/index.js', import.meta.url).href;

/** Time limit of the command. It reserves 1 s of it for the producer's shutdown. */
const TIMEOUT_MS = 6000;
/** The connection succeeds this long, in ms, after the start. It leaves less than 2 s for connecting and delivering. */
const CONNECTED_MS = 3000;

/** Connects at a time of the clock. `pauseMs` is an expression for the duration of the send of number `sent`. */
const classOf = (connectAt: number, pauseMs: string) => `
import { setTimeout as sleep } from 'node:timers/promises';
import { BaseProducer } from '${INDEX}';
let sent = 0;
export default class Late extends BaseProducer {
  static module = import.meta.url;
  async _connect() { await sleep(Math.max(0, ${connectAt} - Date.now())); }
  async _send() { sent++; await sleep(${pauseMs}); }
  async _close() {}
}
`;

describe('produce send to a server that is reached late', function () {
  this.timeout(600_000);
  const directory = temporaryDirectories();
  let folder: string;
  let said: string;

  beforeEach(() => {
    sinon.stub(process.stderr, 'write').callsFake((text) => {
      said += text;
      return true;
    });
  });
  afterEach(() => sinon.restore());

  /** `pauseMs` as for the class, in which `pace` multiplies all times. */
  async function sendAll(pace: number, pauseMs: string, queue: string, lines: readonly string[]): Promise<number> {
    folder = directory();
    said = '';
    const config = join(folder, 'p.yaml');
    const file = join(folder, 'lines.ndjson');
    writeFileSync(join(folder, 'late.mjs'), classOf(Date.now() + pace * CONNECTED_MS, `${pace} * (${pauseMs})`));
    writeFileSync(config, `producers: [{ type: custom, module: ./late.mjs, name: late, queue: ${queue} }]\n`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return send({ config, file, timeoutMs: pace * TIMEOUT_MS, signal: new AbortController().signal });
  }

  const SHORT = Array.from({ length: 9 }, (_, index) => String(index));

  it('sends all of a file, although a later stall takes longer than the connection has left of the timeout', () =>
    atSomePace(async (pace) => {
      expect(await sendAll(pace, 'sent === 3 ? 3500 : 0', '{ max_messages: 2 }', SHORT), said).to.equal(0);
      expect(said).to.include('9 of 9 messages delivered');
    }));

  it('gives a wait all of the timeout where the first delivery happens within it', () =>
    atSomePace(async (pace) => {
      // The last line fits into an empty queue only, which takes three sends.
      const lines = [15_000, 15_000, 15_000, 60_000].map((length) => JSON.stringify('x'.repeat(length)));
      expect(await sendAll(pace, 'sent > 3 ? 0 : 1000', '{ max_bytes: 64KiB }', lines), said).to.equal(0);
      expect(said).to.include('4 of 4 messages delivered');
    }));

  it('ends where a stall after the first delivery takes longer than the timeout', () =>
    atSomePace(async (pace) => {
      const began = performance.now();
      expect(await sendAll(pace, 'sent === 3 ? 60_000 : 0', '{ max_messages: 2 }', SHORT), said).to.equal(1);
      expect(said).to.match(/no room in the queue of producer 'late' for \d+ s: giving up/);
      // After the wait, the flush and the shutdown have what the connection has left.
      expect(performance.now() - began).to.be.below(pace * (2 * TIMEOUT_MS + 3000));
    }));
});
