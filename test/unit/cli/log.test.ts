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
});
