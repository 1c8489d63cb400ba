import { expect } from 'chai';
import fc from 'fast-check';
import { Message, type MessageParts } from '../../src/message.ts';

const bytes = fc.option(
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  ),
  { nil: null },
);
const name = fc.string({ unit: 'binary', minLength: 1 }).map((text) => Buffer.from(text).toString());

const parts = fc.record({
  topic: name,
  key: bytes,
  value: bytes,
  headers: fc.array(fc.tuple(name, bytes), { maxLength: 4 }),
  partition: fc.option(fc.nat(), { nil: null }),
  timestamp: fc.option(fc.maxSafeNat(), { nil: null }),
  isError: fc.boolean(),
});

const lineOf = (some: Partial<MessageParts>): string =>
  JSON.stringify(
    new Message({
      topic: 't',
      key: null,
      value: null,
      headers: [],
      partition: null,
      timestamp: null,
      isError: false,
      ...some,
    } as ConstructorParameters<typeof Message>[0]),
  );
const withValue = (text: string): string => lineOf({ value: Buffer.from(text) });

/** What a reader in any language does. */
function read(line: string) {
  const { key = null, value, bytes: raw, headers = [], ...rest } = JSON.parse(line);
  const decode = (part: string | { base64: string } | null) =>
    part === null ? null : typeof part === 'string' ? Buffer.from(part) : Buffer.from(part.base64, 'base64');
  const json = value === undefined || value === null ? null : Buffer.from(JSON.stringify(value));
  return {
    ...rest,
    key: decode(key),
    value: raw === undefined ? json : decode(raw),
    headers: headers.map(([header, part]: [string, string | null]) => [header, decode(part)]),
  };
}

const hex = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part).toString('hex'));

describe('a message as a line', () => {
  it('can be read back byte for byte, whatever is in it', () => {
    fc.assert(
      fc.property(parts, (some) => {
        const line = lineOf(some);
        expect(/[\n\r]/.test(line)).to.equal(false);
        const back = read(line);
        expect([hex(back.key), hex(back.value)]).to.deep.equal([hex(some.key), hex(some.value)]);
        expect(back.headers.map(([header, part]: [string, Buffer]) => [header, hex(part)])).to.deep.equal(
          some.headers.map(([header, part]) => [header, hex(part)]),
        );
        expect([back.topic, back.partition ?? null, back.timestamp ?? null, back.is_error ?? false]).to.deep.equal([
          some.topic,
          some.partition,
          some.timestamp,
          some.isError,
        ]);
        expect(JSON.stringify(Message.fromJSON(JSON.parse(line)))).to.equal(line);
      }),
      { numRuns: 500 },
    );
  });

  it('says what is there, and JSON as JSON', () => {
    expect(lineOf({ key: Buffer.from('user-1'), value: Buffer.from('{"total":9.5}') })).to.equal(
      '{"topic":"t","key":"user-1","value":{"total":9.5}}',
    );
    expect(lineOf({ headers: [['trace', Buffer.from([255, 0])]], timestamp: 5, isError: true, id: 'a-1' })).to.equal(
      '{"topic":"t","value":null,"headers":[["trace",{"base64":"/wA="}]],"timestamp":5,"is_error":true,"id":"a-1"}',
    );
  });

  it('says as bytes what would be other bytes when it is written again', () => {
    for (const text of ['1.0', '12345678901234567890', '{"a": 1}', '{"a":1,"a":2}', 'null', '', 'plain', '\ufeff1'])
      expect(withValue(text), text).to.equal(`{"topic":"t","bytes":${JSON.stringify(text)}}`);
    expect(lineOf({ value: Uint8Array.of(255) })).to.equal('{"topic":"t","bytes":{"base64":"/w=="}}');
    for (const text of ['1', '-1', 'true', '"x"', '[]', '{"base64":"x"}', '{"__proto__":1}'])
      expect(withValue(text), text).to.equal(`{"topic":"t","value":${text}}`);
  });
});
