import { expect } from 'chai';
import sinon from 'sinon';
import { SendLog } from '../../../src/caller/send-log.ts';
import { CommandLog } from '../../../src/cli/log.ts';
import { PublishError } from '../../../src/shared/errors.ts';

describe('the log of a command', () => {
  afterEach(() => sinon.restore());

  it('says each thing once: fields that are for programs are left out', async () => {
    const written = sinon.stub(process.stderr, 'write').returns(true);
    const context = {
      logger: new CommandLog(false),
      producer: 'p',
      level: 'debug' as const,
      className: 'Own',
      topic: 't',
      key: 'k',
    };
    const lost = Promise.reject(new PublishError('gone', 'dropped'));
    await new SendLog().logged(lost, { ...context, signal: undefined }).catch(() => {});
    const lines = written.args.map(([text]) => String(text));
    sinon.restore();
    expect(lines).to.deep.equal([
      'error p: failed to send a message to t (PublishError: gone, subject Producer Error, topic t, key k)\n',
    ]);
  });

  /** The lines that a log prints of a message that failed, and of a shutdown that lost some. */
  function printed(log: CommandLog): string[] {
    const written = sinon.stub(process.stderr, 'write').returns(true);
    log.warn({ producer: 'p', attempts: 1, reason: 'bad' }, 'message dead-lettered');
    log.error({ producer: 'p', log_type: 'error' }, 'failed to send a message to t');
    log.error({ producer: 'p', undelivered: 3 }, 'the producer was shut down before all messages were delivered');
    log.warn({ producer: 'p' }, 'cannot connect');
    const lines = written.args.map(([text]) => String(text).replace(/\(.*/, '').trim());
    sinon.restore();
    return lines;
  }

  it('leaves out what the command prints in words of its own', () => {
    const always = 'warn  p: cannot connect';
    const each = ['warn  p: message dead-lettered', 'error p: failed to send a message to t'];
    expect(printed(new CommandLog(false))).to.deep.equal([...each, always]);
    expect(printed(new CommandLog(false, { reportsEach: true }))).to.deep.equal([always]);
    expect(printed(new CommandLog(true, { reportsEach: true }))).to.have.length(4);
  });
});
