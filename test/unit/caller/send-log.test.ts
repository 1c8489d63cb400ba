import { expect } from 'chai';
import { SendLog } from '../../../src/caller/send-log.ts';
import type { DeliveryReport } from '../../../src/caller/settlement/report.ts';
import { InvalidMessageError, ProducerClosedError, PublishError } from '../../../src/shared/errors.ts';
import { type LogLine, noting } from '../../support/engine-rig.ts';

const PLAIN = { producer: 'p', level: 'debug', className: 'Own', topic: 't' } as const;

describe('the log of send', () => {
  async function levelsOf(errors: readonly Error[], signal?: AbortSignal): Promise<string[]> {
    const lines: LogLine[] = [];
    const log = new SendLog();
    const context = { ...PLAIN, logger: noting(lines), key: null, signal };
    for (const error of errors) await log.logged(Promise.reject(error), context).catch(() => {});
    return lines.map(({ level }) => level);
  }

  it('says once that the producer has ended, however many messages are still given to it', async () => {
    const failed = new ProducerClosedError('producer p is failed: another one has taken over');
    expect(await levelsOf([failed, failed, failed])).to.deep.equal(['error', 'debug', 'debug']);
  });

  it('has the fields that readers of other logs look for', async () => {
    const lines: LogLine[] = [];
    const context = { ...PLAIN, logger: noting(lines), key: 'k', signal: undefined };
    const report = { topic: 't', partition: 1, offset: 2, latencyMs: 3 } as DeliveryReport;
    await new SendLog().logged(Promise.resolve(report), context);
    await new SendLog().logged(Promise.reject(new PublishError('gone', 'dropped')), context).catch(() => {});
    const both = { producer: 'p', controller: 'outspool.Own.send', topic: 't', key: 'k' };
    expect(lines.map(({ fields }) => fields)).to.deep.equal([
      { ...both, log_type: 'info', subject: 'Message sent', partition: 1, offset: 2, latencyMs: 3 },
      {
        ...both,
        log_type: 'error',
        subject: 'Producer Error',
        err: 'PublishError: gone',
        payload: { error: { name: 'PublishError', message: 'gone', code: 'ERR_OUTSPOOL_PUBLISH', outcome: 'dropped' } },
      },
    ]);
  });

  it('says each failure of a message that was accepted', async () => {
    const lost = new PublishError('the message was dead-lettered', 'dead_lettered');
    expect(await levelsOf([lost, lost])).to.deep.equal(['error', 'error']);
  });

  it('says nothing of what was never valid, and little of what the caller has given up', async () => {
    expect(await levelsOf([new InvalidMessageError('no')])).to.deep.equal([]);
    expect(await levelsOf([new PublishError('given up', 'withdrawn')], AbortSignal.abort())).to.deep.equal(['debug']);
  });
});
