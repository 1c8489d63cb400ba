import { expect } from 'chai';
import { describe, it } from 'mocha';
import { PermanentSendError, TransientSendError } from '../../../src/errors.ts';
import { classify, ERROR_TABLE, isPurged, needsReset, sendError } from '../../../src/producers/kafka/errors.ts';
import { loadNative } from '../../../src/producers/kafka/librdkafka/load.ts';

describe('classification of Kafka errors', () => {
  it("names every code as librdkafka does, so that no row stands under another's number", () => {
    const { rdkafka } = loadNative();
    for (const [code, { name }] of ERROR_TABLE) expect(rdkafka.errorName(code)).to.equal(name);
  });

  it('gives a reason in every row', () => {
    for (const { reason } of ERROR_TABLE.values()) expect(reason).to.have.length.above(5);
  });

  it('takes what it does not know for transient', () => {
    expect([classify(12345), classify(-1), classify(-123)]).to.deep.equal(['transient', 'transient', 'transient']);
  });

  it('condemns messages for what will not change by waiting, and for nothing else', () => {
    const permanent = [...ERROR_TABLE.keys()].filter((code) => classify(code) === 'permanent');
    expect(permanent).to.deep.equal([-190, -188, -186, 2, 10, 17, 18, 29, 32, 43, 87]);
  });

  it('asks for a fresh client when the idempotent one has given up', () => {
    expect([-150, 45, 59].map(needsReset)).to.deep.equal([true, true, true]);
    expect(needsReset(-195)).to.equal(false);
  });

  it('tells messages that were given back from messages that failed', () => {
    expect([-152, -151, -192, 0].map(isPurged)).to.deep.equal([true, true, false, false]);
  });

  it('makes errors that name the code, what it means and whom they condemn', () => {
    const permanent = sendError({ code: 87, name: 'INVALID_RECORD', text: 'Broker failed to validate' }, 'set');
    expect(permanent).to.be.instanceOf(PermanentSendError).and.include({ condemns: 'set', kafkaCode: 87 });
    expect(permanent.message).to.equal('Broker failed to validate (INVALID_RECORD, 87)');
    const fatal = sendError({ code: -150, name: '_FATAL', text: 'x' }, 'set');
    expect(fatal).to.be.instanceOf(TransientSendError).and.include({ needsReset: true });
  });
});
