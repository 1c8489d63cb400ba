import { expect } from 'chai';
import fc from 'fast-check';
import { Message, type MessageParts } from '../../src/message.ts';
import { messageLine } from '../../src/message-line.ts';
import { sourceLine } from '../../src/pipe/lines/source-line.ts';

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
        for (const line of [messageLine(message), JSON.stringify(message)]) {
          expect(/[\n\r]/.test(line)).to.equal(false);
          expect(saying(Message.fromJSON(JSON.parse(line)))).to.deep.equal(saying(message));
        }
      }),
      { numRuns: 500 },
    );
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
    expect(lineOf({ key: Buffer.from('user-1'), value: Buffer.from('{"total": 9.5}') })).to.equal(
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

  it('says as bytes what is no JSON, and what would be another number when it is written again', () => {
    for (const text of ['null', '', 'plain', '\ufeff1', '{"a":', 'x'])
      for (const line of [withValue(text), messageLine(messageOf({ value: Buffer.from(text) }))])
        expect(line, text).to.equal(`{"topic":"t","bytes":${JSON.stringify(text)}}`);
    expect(lineOf({ value: Uint8Array.of(255) })).to.equal('{"topic":"t","bytes":{"base64":"/w=="}}');
    for (const text of ['12345678901234567890', '[1.00000000000000000001]'])
      expect(withValue(text), text).to.equal(`{"topic":"t","bytes":${JSON.stringify(text)}}`);
  });
});
