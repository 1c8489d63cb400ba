import { expect } from 'chai';
import sinon from 'sinon';
import type { Stats } from '../../../../src/caller/stats.ts';
import { type Ended, report } from '../../../../src/cli/pipe/report.ts';
import { EXIT, type ExitCode } from '../../../../src/cli/process/exit.ts';
import type { PipelineOutcome } from '../../../../src/pipe/pipeline.ts';

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
function verdictOf(
  stats: Partial<Stats>,
  outcome: Partial<PipelineOutcome> = {},
  code: ExitCode = EXIT.delivered,
): string {
  const written = sinon.stub(process.stderr, 'write').returns(true);
  try {
    const ended = {
      outcome: { isInterrupted: false, error: undefined, failed: undefined, ...outcome },
      sources: [],
      runtime: { producer: () => ({ stats: () => ({ ...NONE, ...stats }) }) },
      definitions: [{ kind: 'memory', config: { name: 'm' } }],
    } as unknown as Ended;
    expect(report(ended, {})).to.equal(code);
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

  it('says why it has failed where everything was delivered', () => {
    const two = { accepted: 2, delivered: 2 };
    const error = new Error('no');
    expect(verdictOf(two, { error, failed: 'source' }, EXIT.undelivered)).to.equal(
      'FAILED: a source has ended with an error; 2 of 2 messages delivered',
    );
    expect(verdictOf({}, { error, failed: 'producer' }, EXIT.undelivered)).to.equal(
      'FAILED: a producer cannot be started; 0 of 0 messages delivered',
    );
  });

  it('says nothing of a spool where there was none', () => {
    expect(verdictOf({ accepted: 1, delivered: 1 })).to.equal('ok: 1 of 1 message delivered');
  });
});
