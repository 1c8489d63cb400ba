import { expect } from 'chai';
import fc from 'fast-check';
import { sourceLine } from '../../../../src/pipe/lines/source-line.ts';
import { Message, type MessageParts } from '../../../../src/shared/message/message.ts';
import { messageLine } from '../../../../src/shared/message/message-json.ts';

const number = fc.oneof(
  fc.constantFrom('-0', '0', '1.0', '1E5', '1e5', '1e400', '-1e400', '1e-400', '12345678901234567890', '0.1', '1e21'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.bigInt(), fc.nat(400)).map(([digits, exponent]) => `${digits}e-${exponent}`),
);
const quoted = fc.oneof(
  fc.constantFrom('"\\u00e9"', '"\\/"', '"\\ud800"', '"\\uD800"', '"__proto__"', '"1"', '"\u2028"', '"\ufeff"', '"a"'),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
);
const blank = fc.constantFrom('', '', ' ', '\n', '\r\n\t');
/** JSON as anybody may write it: names twice, numbers of any length, blanks and escapes where they may be. */
const { written } = fc.letrec<{ written: string }>((tie) => ({
  written: fc.oneof(
    { depthSize: 'small' },
    number,
    quoted,
    fc.constantFrom('null', 'true', 'false', '[]', '{}'),
    fc.array(tie('written'), { maxLength: 3 }).map((list) => `[${list.join(',')}]`),
    fc
      .array(fc.tuple(blank, quoted, blank, tie('written')), { maxLength: 4 })
      .map((fields) => `{${fields.map(([a, name, b, value]) => `${a}${name}${b}:${b}${value}${a}`).join(',')}}`),
  ),
}));

const bytes = fc.option(
  fc.oneof(
    written.map((text) => Buffer.from(text)),
    fc.tuple(blank, written, blank).map((texts) => Buffer.from(texts.join(''))),
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

const messageOf = (some: Partial<MessageParts>): Message =>
  new Message({
    topic: 't',
    key: null,
    value: null,
    headers: [],
    partition: null,
    timestamp: null,
    isError: false,
    ...some,
  });
const lineOf = (some: Partial<MessageParts>): string => JSON.stringify(messageOf(some));
const withValue = (text: string): string => lineOf({ value: Buffer.from(text) });

const hex = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part).toString('hex'));

/** All that a message says, for a comparison. */
const saying = (message: Message) => ({
  ...message,
  key: hex(message.key),
  value: hex(message.value),
  headers: message.headers.map(([header, part]) => [header, hex(part)]),
});

describe('a message as a line', () => {
  it('is the message again, whatever is in it', () => {
    fc.assert(
      fc.property(parts, (some) => {
        const message = messageOf(some);
        for (const line of [JSON.stringify(message), JSON.stringify([message], null, 2).slice(1, -1)])
          expect(saying(Message.fromJSON(JSON.parse(line)))).to.deep.equal(saying(message));
        expect(/[\n\r]/.test(JSON.stringify(message))).to.equal(false);
      }),
      { numRuns: 1000, endOnFailure: true },
    );
  });

  it('is the message again for who reads its text, but for line breaks in JSON', () => {
    fc.assert(
      fc.property(parts, (some) => {
        const message = messageOf({ value: some.value, key: some.key });
        const line = messageLine(message);
        expect(/[\n\r]/.test(line)).to.equal(false);
        const { message: read } = sourceLine({ bytes: Buffer.from(line), number: 1 }, 'in', { format: 'message' });
        const isJson = Object.hasOwn(JSON.parse(line), 'value');
        const value = read.value as Buffer | null;
        if (isJson && value !== null)
          expect(String(value)).to.equal(
            Buffer.from(message.value as Uint8Array)
              .toString()
              .replaceAll(/[\r\n]/g, ' ')
              .trim(),
          );
        else expect(hex(value)).to.equal(hex(message.value));
      }),
      { numRuns: 500, endOnFailure: true },
    );
  });

  it('goes as deep as a value does, and as long', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const long = [`"${'a\\n'.repeat(4e6)}"`, ' '.repeat(1e7), '1'.repeat(1e7), `[${'1,'.repeat(3e5)}1]`];
    for (const text of [deep, `{"a":${deep}}`, '['.repeat(499) + ']'.repeat(499), ...long]) {
      const message = messageOf({ value: Buffer.from(text) });
      const { value } = Message.fromJSON(JSON.parse(JSON.stringify(message)));
      expect(Buffer.compare(value as Buffer, Buffer.from(text))).to.equal(0);
    }
  });

  it('is no message where JSON.parse has made another number of one', () => {
    for (const value of ['1e400', '[1e400]', '{"a":-1e999}'])
      expect(() => Message.fromJSON(JSON.parse(`{"topic":"t","value":${value}}`))).to.throw(TypeError, 'number');
    expect(() => Message.fromJSON({ topic: 't', value: (() => 1) as never })).to.throw(TypeError);
  });

  it('keeps JSON as it was written, but for line breaks, which a source reads again', () => {
    for (const text of ['1.0', '12345678901234567890', '{"a": 1}', ' {"a":1,"a":2}', '"\\u00e9"', '-0']) {
      const line = messageLine(messageOf({ value: Buffer.from(text) }));
      expect(line).to.equal(`{"topic":"t","value":${text}}`);
      const { message } = sourceLine({ bytes: Buffer.from(line), number: 1 }, 'in', { format: 'message' });
      expect(String(message.value)).to.equal(text.trim());
    }
    expect(messageLine(messageOf({ value: Buffer.from('{\r\n"a":1}\n') }))).to.equal(
      '{"topic":"t","value":{  "a":1} }',
    );
  });

  it('says what is there, and JSON as JSON', () => {
    expect(lineOf({ key: Buffer.from('user-1'), value: Buffer.from('{"total":9.5}') })).to.equal(
      '{"topic":"t","key":"user-1","value":{"total":9.5}}',
    );
    expect(lineOf({ headers: [['trace', Buffer.from([255, 0])]], timestamp: 5, isError: true, id: 'a-1' })).to.equal(
      '{"topic":"t","headers":[["trace",{"base64":"/wA="}]],"timestamp":5,"is_error":true,"id":"a-1","value":null}',
    );
    for (const text of [
      '1',
      '-1',
      'true',
      '"x"',
      '[]',
      '{"base64":"x"}',
      '{"__proto__":1}',
      '[0.1,"123456789012345678"]',
    ])
      expect(withValue(text), text).to.equal(`{"topic":"t","value":${text}}`);
  });

  it('says as bytes what is no JSON, and what would be another text when it is written again', () => {
    for (const text of ['null', '', 'plain', '\ufeff1', '{"a":', 'x'])
      for (const line of [withValue(text), messageLine(messageOf({ value: Buffer.from(text) }))])
        expect(line, text).to.equal(`{"topic":"t","bytes":${JSON.stringify(text)}}`);
    expect(lineOf({ value: Uint8Array.of(255) })).to.equal('{"topic":"t","bytes":{"base64":"/w=="}}');
    for (const text of ['12345678901234567890', '[1.00000000000000000001]', '1e400', '-0', '{"a": 1}', '{"a":1,"a":1}'])
      expect(withValue(text), text).to.equal(`{"topic":"t","bytes":${JSON.stringify(text)}}`);
  });
});
