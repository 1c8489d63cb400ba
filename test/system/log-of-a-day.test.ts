/**
 * How many lines an outage of 24 hours has, by the clock of the test. `OUTSPOOL_LOG_RATE` is the number of messages a second; the long
 * tier takes 5.
 */

import { expect } from 'chai';
import { describe, it } from 'mocha';
import type sinon from 'sinon';
import type { WhenFull } from '../../src/caller/options.ts';
import { PermanentSendError, TransientSendError } from '../../src/shared/errors.ts';
import { EngineRig, type LogLine } from '../support/engine-rig.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { ScriptedTransport } from '../support/scripted-transport.ts';

const RATE = Number(process.env.OUTSPOOL_LOG_RATE ?? 0.1);
const HOURS = 24;
const STEP_MS = 10_000;
/** In the first hour one line a minute, with six more while the interval grows; then six an hour, and the first of ten reasons. */
const MOST_OF_A_KIND = 60 + 6 + 6 * (HOURS - 1) + 10;
const MOST_KINDS = 8;

let number = 0;
const different = (text: string) => `${text} ${++number} of ${Math.random().toString(36).slice(2)}`;

/** What lasts for a day: how connecting fails, or an attempt, or the dead-letter target. */
interface Outage {
  readonly connect?: () => void;
  readonly send?: () => void;
  readonly deadLetter?: () => void;
}

const throws = (error: () => Error) => () => {
  throw error();
};

const OUTAGES: Readonly<Record<string, Outage>> = {
  'no connection': { connect: throws(() => new Error(different('connection refused'))) },
  'a server that is busy': { send: throws(() => new TransientSendError(different('busy'))) },
  'a dead-letter target that is away': {
    send: throws(() => new PermanentSendError(different('refused'))),
    deadLetter: throws(() => new Error(different('cannot write'))),
  },
  'messages that are refused': {
    send: throws(() => new PermanentSendError(different('refused'))),
    deadLetter: () => {},
  },
};

const POLICIES: readonly WhenFull[] = ['block', 'reject', 'drop_oldest', 'drop_newest'];

describe(`the log of ${HOURS} hours of an outage at ${RATE} messages a second`, function () {
  this.timeout(3_600_000);
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  function rigOf({ connect, send = () => {}, deadLetter }: Outage, whenFull: WhenFull): EngineRig {
    const transport = new ScriptedTransport();
    transport._connect = async () => connect?.();
    transport._send = async () => send();
    return new EngineRig(transport, { maxMessages: 1000, whenFull, ...(deadLetter && { deadLetter }) });
  }

  function offer(rig: EngineRig, whenFull: WhenFull): void {
    if (whenFull === 'block') return void rig.enqueue(1, { timeout: STEP_MS / 2 }).catch(() => {});
    try {
      rig.produce(1);
    } catch {
      // the queue is full
    }
  }

  function kindsOf(lines: readonly LogLine[]): Map<string, number> {
    const kinds = new Map<string, number>();
    for (const { message } of lines) {
      const kind = message.replaceAll(/\d+/g, '#');
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    return kinds;
  }

  for (const [name, outage] of Object.entries(OUTAGES))
    for (const policy of POLICIES)
      it(`has at most ${MOST_OF_A_KIND} lines of each kind: ${name}, when_full: ${policy}`, async () => {
        const rig = rigOf(outage, policy);
        for (let ms = 0; ms < HOURS * 3_600_000; ms += STEP_MS) {
          for (let count = 0; count < (RATE * STEP_MS) / 1000; count++) offer(rig, policy);
          await clock.tickAsync(STEP_MS);
        }
        const kinds = kindsOf(rig.logs);
        for (const [kind, count] of kinds) expect(count, kind).to.be.at.most(MOST_OF_A_KIND);
        expect(kinds.size, [...kinds.keys()].join('\n')).to.be.within(1, MOST_KINDS);
        expect(Math.max(...kinds.values()), 'it lasts').to.be.above(100);
        if (process.env.OUTSPOOL_LOG_RATE !== undefined) console.log(JSON.stringify(Object.fromEntries(kinds)));
        void rig.engine.shutdown(0);
        await clock.tickAsync(1000);
      });
});
