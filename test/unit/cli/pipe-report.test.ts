import { expect } from 'chai';
import sinon from 'sinon';
import { EXIT } from '../../../src/cli/exit.ts';
import { type Ended, report } from '../../../src/cli/pipe-report.ts';
import type { Stats } from '../../../src/engine/stats.ts';

const NONE = {
  accepted: 0,
  delivered: 0,
  deadLettered: 0,
  dropped: 0,
  expired: 0,
  undelivered: 0,
  pending: 0,
  spooled: 0,
  recovered: 0,
  p50Ms: null,
  p99Ms: null,
};

/** The last line of what is said of a pipeline with such a producer. */
function verdictOf(stats: Partial<Stats>): string {
  const written = sinon.stub(process.stderr, 'write').returns(true);
  try {
    const ended = {
      outcome: { isInterrupted: false, error: undefined },
      sources: [],
      runtime: { producer: () => ({ stats: () => ({ ...NONE, ...stats }) }) },
      definitions: [{ kind: 'memory', config: { name: 'm' } }],
    } as unknown as Ended;
    expect(report(ended, {})).to.equal(EXIT.delivered);
    return String(written.lastCall.args[0]).trimEnd();
  } finally {
    written.restore();
  }
}

describe('the verdict on a pipeline', () => {
  it('counts what came from the spool of an earlier run among all messages', () => {
    expect(verdictOf({ recovered: 10_091, delivered: 10_091 })).to.equal(
      'ok: 10091 of 10091 messages delivered, 10091 of them from the spool of an earlier run',
    );
    expect(verdictOf({ accepted: 5, recovered: 2, delivered: 3, spooled: 4 })).to.equal(
      'ok: 3 of 7 messages delivered, 2 of them from the spool of an earlier run, 4 in the spool',
    );
  });

  it('says nothing of a spool where there was none', () => {
    expect(verdictOf({ accepted: 1, delivered: 1 })).to.equal('ok: 1 of 1 message delivered');
  });
});
