import { expect } from 'chai';
import sinon from 'sinon';
import type { Stats } from '../../../../src/caller/stats.ts';
import { Hindrance } from '../../../../src/cli/process/hindrance.ts';

const NONE = { queued: 0, leased: 0, onDiskOnly: 0, deadLetter: 0 };
const IDLE = { pending: 0, pendingBy: NONE, delivered: 0, deadLettered: 0 };

describe('what is in the way of messages that are left', () => {
  let now: number;
  let stats: Partial<Stats>;
  let hindrance: Hindrance;

  const watch = (kind: string) => {
    now = 0;
    stats = IDLE;
    const subject = { name: 'orders', kind, producer: { stats: () => stats as Stats } };
    hindrance = new Hindrance(subject, () => now);
  };

  const later = (ms: number, next: Partial<Stats>) => {
    now += ms;
    stats = { ...IDLE, ...next };
    hindrance.check();
  };

  /** What is said at the end, without its line break. */
  function said(undelivered: number): string {
    const written = sinon.stub(process.stderr, 'write').returns(true);
    try {
      hindrance.end();
      hindrance.say({ undelivered });
      return written.args.map(([text]) => String(text).trimEnd()).join();
    } finally {
      written.restore();
    }
  }

  afterEach(() => hindrance.end());

  for (const [kind, hook] of [
    ['custom', " (the class's _send has not settled)"],
    ['http', ''],
  ] as const)
    it(`is an attempt that does not end, of kind ${kind}`, () => {
      watch(kind);
      later(500, {});
      later(250, { pending: 2, pendingBy: { ...NONE, leased: 1 } });
      now += 29_500;
      expect(said(2)).to.equal(
        `orders: 2 messages left, an attempt has been running for 30 s and has not ended${hook}`,
      );
    });

  it('is what blocks the producer, also where the messages were withdrawn then', () => {
    watch('custom');
    const why = 'fetch failed: connect ECONNREFUSED 127.0.0.1:9999';
    later(250, { pending: 1, blockedBy: { by: 'back-off', until: null, why } });
    later(250, {});
    expect(said(1)).to.equal(`orders: 1 message left, blocked by back-off: ${why}`);
  });

  it('is nothing while messages are delivered, or where none is left', () => {
    watch('custom');
    later(5000, { pending: 9, pendingBy: { ...NONE, leased: 9 }, delivered: 1 });
    expect(said(9)).to.equal('');
    later(5000, { pending: 9, pendingBy: { ...NONE, leased: 9 }, delivered: 1 });
    expect(said(9)).to.match(/running for 5\.0 s/);
    expect(said(0)).to.equal('');
  });
});
