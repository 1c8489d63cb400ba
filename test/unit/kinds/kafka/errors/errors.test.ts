import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ERROR_ROWS } from '../../../../../src/kinds/kafka/errors/error-table.ts';
import {
  classify,
  ERROR_TABLE,
  fatalReason,
  isPurged,
  needsReset,
  sendError,
} from '../../../../../src/kinds/kafka/errors/errors.ts';
import { loadNative } from '../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import { REPORT_TEXTS } from '../../../../../src/kinds/kafka/node-rdkafka/report-texts.ts';
import { PermanentSendError, TransientSendError } from '../../../../../src/shared/errors.ts';
import { fromWire, toWire } from '../../../../../src/shared/wire-error.ts';

/** The version for which the table has every code: that of the platform packages. */
const NEWEST_VERSION = 0x02_10_00_ff;

describe('the reason of a client that has given up', () => {
  it('is the first cause, the same text each time, without our own order to stop', () => {
    const text = (count: number) =>
      `ProduceRequest for orders [2] with ${count} message(s) failed: Broker: Topic authorization failed (broker 1 PID{Id:${count},Epoch:0}, base seq ${count}): unable to satisfy gap-less guarantee`;
    const reason = 'ProduceRequest for orders [2] failed: Broker: Topic authorization failed (broker 1)';
    expect([text(1), text(137)].map(fatalReason)).to.deep.equal([reason, reason]);
    expect(fatalReason('something else')).to.equal('something else');
  });
});

describe('classification of Kafka errors', () => {
  it('has a row for every code that librdkafka lists, under its name, and no other', () => {
    const listed = listedCodes();
    const isNew = loadNative().rdkafka.version() >= NEWEST_VERSION;
    // An older library does not list the codes that newer ones have added.
    const rows = [...ERROR_TABLE.values()].filter(([code]) => isNew || listed.some(([one]) => one === code));
    expect(rows.map(([code, name]) => [code, name])).to.deep.equal(listed);
  });

  it('has each code once, in order, with a class and a reason', () => {
    const codes = ERROR_ROWS.map(([code]) => code);
    expect(codes).to.deep.equal([...new Set(codes)].sort((a, b) => a - b));
    for (const [, , kind, reason] of ERROR_ROWS) {
      expect(kind).to.be.oneOf(['transient', 'permanent', 'fatal']);
      expect(reason).to.have.length.above(5);
    }
  });

  it('takes what it does not know for transient', () => {
    expect([classify(12345), classify(999), classify(-123)]).to.deep.equal(['transient', 'transient', 'transient']);
  });

  it('condemns messages for what will not change by waiting, and for nothing else', () => {
    const permanent = [...ERROR_TABLE.keys()].filter((code) => classify(code) === 'permanent');
    expect(permanent).to.deep.equal([-190, -188, -186, -162, -161, 2, 10, 17, 18, 29, 32, 43, 44, 87]);
  });

  it('asks for a fresh client when the idempotent one has given up', () => {
    const fatal = [...ERROR_TABLE.keys()].filter(needsReset);
    expect(fatal).to.deep.equal([-197, -172, -150, -149, -148, -144, 45, 46, 47, 48, 49, 59, 90]);
  });

  it('knows the texts of all that is not merely transient, for the client that says no code', () => {
    const { rdkafka } = loadNative();
    // node-rdkafka cuts the origin off and makes the rest lower case.
    const text = (code: number) =>
      rdkafka
        .errorText(code)
        .replace(/^\w+: /, '')
        .toLowerCase();
    const special = (code: number) => classify(code) !== 'transient' || isPurged(code) || code === -138;
    const codes = [...ERROR_TABLE.keys()].filter(special);
    expect([...REPORT_TEXTS]).to.deep.equal(codes.map((code) => [text(code), code]));
  });

  it('tells messages that were given back from messages that failed', () => {
    expect([-152, -151, -192, 0].map(isPurged)).to.deep.equal([true, true, false, false]);
  });

  it('makes errors that name the code, what it means and whom they condemn', () => {
    const permanent = sendError({ code: 87, name: 'INVALID_RECORD', text: 'Broker failed to validate' }, 'set');
    expect(permanent).to.be.instanceOf(PermanentSendError).and.include({ condemns: 'set', kafkaCode: 87 });
    expect(permanent.message).to.equal('Broker failed to validate (INVALID_RECORD, 87)');
    const forbidden = sendError({ code: 29, name: 'TOPIC_AUTHORIZATION_FAILED', text: 'no' }, 'set');
    expect(forbidden, 'others in flight have nothing to do with it').to.include({ condemns: 'message' });
    const fatal = sendError({ code: -150, name: '_FATAL', text: 'x' }, 'set');
    expect(fatal).to.be.instanceOf(TransientSendError).and.include({ needsReset: true });
    const bystander = sendError({ code: -138, name: '_INVALID_DIFFERENT_RECORD', text: 'x' }, 'set');
    expect(bystander).to.be.instanceOf(TransientSendError).and.include({ bystander: true });
  });

  it('names the setting of the topic when a broker refuses something for its size', () => {
    const reason = (code: number) => sendError({ code, name: 'X', text: 'x' }, 'set').message;
    expect(reason(10)).to.match(/^x \(X, 10\): a broker refused it .*topic's 'max.message.bytes'/);
    expect(reason(18)).to.match(/^x \(X, 18\): a broker refused it .*topic's 'segment.bytes'/);
  });

  it('keeps the native code and name across the thread', () => {
    const error = sendError({ code: 87, name: 'INVALID_RECORD', text: 'x' }, 'set');
    const arrived = fromWire(structuredClone(toWire(new Error('around it', { cause: error }))));
    expect(arrived.cause).to.be.instanceOf(PermanentSendError);
    expect(arrived.cause).to.include({ kafkaCode: 87, kafkaName: 'INVALID_RECORD', condemns: 'set' });
  });
});

/** Every error of `rd_kafka_get_err_descs`; an entry without a text marks an end or a number that is not used. */
function listedCodes(): [number, string][] {
  const { koffi, path } = loadNative();
  const description = koffi.struct({ code: 'int', name: 'const char *', desc: 'const char *' });
  const list = koffi.load(path).func('rd_kafka_get_err_descs', 'void', ['_Out_ void **', '_Out_ size_t *']);
  const [first, count]: [[unknown], [number]] = [[null], [0]];
  list(first, count);
  type Description = { code: number; name: string | null; desc: string | null };
  const all: Description[] = koffi.decode(first[0], koffi.array(description, Number(count[0])));
  return all.flatMap(({ code, name, desc }) => (name !== null && desc !== null && code !== 0 ? [[code, name]] : []));
}
