import { expect } from 'chai';
import { DeniedTopics } from '../../../../../../src/kinds/kafka/librdkafka/send/denied-topics.ts';

describe('topics that were denied', () => {
  const time = { ms: 0 };
  const denied = new DeniedTopics(() => time.ms);
  const reason = new Error('no permission');

  it('are refused without a question for a second, and no longer: access may have been granted', () => {
    expect(denied.isEmpty).to.equal(true);
    denied.add('secret', reason);
    expect(denied.isEmpty).to.equal(false);
    time.ms = 999;
    expect(denied.reason('secret')).to.equal(reason);
    expect(denied.reason('open')).to.equal(undefined);
    time.ms = 1000;
    expect(denied.reason('secret')).to.equal(undefined);
    expect(denied.isEmpty).to.equal(true);
  });

  it('make another refusal likely for a minute', () => {
    expect(denied.areExpected).to.equal(true);
    time.ms = 59_999;
    expect(denied.areExpected).to.equal(true);
    time.ms = 60_000;
    expect(denied.areExpected).to.equal(false);
  });
});
