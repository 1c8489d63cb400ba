import { expect } from 'chai';
import { BadLineError } from '../../../../src/pipe/lines/bad-line.ts';
import { type LineFormat, sourceLine } from '../../../../src/pipe/lines/source-line.ts';
import { RecordWriter } from '../../../../src/shared/memory/record-writer.ts';
import { ERROR_HEADER, Message } from '../../../../src/shared/message/message.ts';
import { messageLine } from '../../../../src/shared/message/message-json.ts';

const read = (text: string, format: LineFormat = { format: 'message' }) =>
  sourceLine({ bytes: Buffer.from(text), number: 3 }, 'in', format);

describe('a line of a source', () => {
  it('that says a whole message keeps every part of it, the value as it was written', () => {
    const { message, isError } = read(
      '{"topic":"t","key":"k","value":{"n":1.50},"headers":{"a":"b","c":null},"partition":2,"timestamp":5,"is_error":true}',
    );
    expect(isError).to.equal(true);
    expect({ ...message, value: String(message.value) }).to.deep.equal({
      topic: 't',
      key: 'k',
      value: '{"n":1.50}',
      headers: [
        ['a', 'b'],
        ['c', null],
      ],
      partition: 2,
      timestamp: 5,
    });
  });

  it('that says no more than a value leaves the rest to the source and the producer', () => {
    expect(read('{"value":null}')).to.deep.equal({ message: { value: null }, isError: false });
    expect(read('{"value":"x","key":null}', { format: 'message', topic: 'orders' }).message).to.deep.equal({
      topic: 'orders',
      value: Buffer.from('"x"'),
      key: null,
    });
  });

  it('that a file or a pipe has got is the message again, byte for byte', () => {
    const parts = { topic: 't', partition: 3, timestamp: 5, isError: true, id: 'a-1' };
    const headers = [
      ['trace', Uint8Array.of(255, 0)],
      ['none', null],
      [ERROR_HEADER, Buffer.from('true')],
    ] as const;
    for (const value of [
      null,
      Buffer.from('{"n":1.50}'),
      Buffer.from('{"n":1}'),
      Uint8Array.of(0, 255),
      Buffer.alloc(0),
    ]) {
      const line = messageLine(new Message({ ...parts, headers, key: Uint8Array.of(254), value }));
      const { message, isError } = read(line);
      expect(isError).to.equal(true);
      expect(message.key).to.deep.equal(Buffer.from([254]));
      expect(message.value).to.deep.equal(value && Buffer.from(value));
      expect(message.headers).to.deep.equal([
        ['trace', Buffer.from([255, 0])],
        ['none', null],
      ]);
      expect([message.topic, message.partition, message.timestamp]).to.deep.equal(['t', 3, 5]);
      expect(() => new RecordWriter().prepare(message)).not.to.throw();
    }
  });

  it('that is a value may have its key in a field', () => {
    const format = { format: 'value', topic: 'orders', key_field: 'id' } as const;
    const text = '{"id":12,"n":1.50}';
    expect(read(text, format).message).to.deep.equal({ topic: 'orders', key: '12', value: Buffer.from(text) });
    expect(() => read('{"n":1}', format)).to.throw(BadLineError, "in:3:1  expected field 'id'");
  });

  const wrong: [string, string][] = [
    ['5', 'in:3:1  expected an object with value'],
    ['[]', 'in:3:1  expected an object with value'],
    ['{"key":"k"}', "in:3:1  missing key 'value' (null is a tombstone)"],
    ['{"value":1,"bytes":"1"}', "in:3:1  expected one of 'value' and 'bytes', got both"],
    ['{"bytes":1}', 'in:3:1  bytes: expected a text or {"base64": …}'],
    ['{"bytes":{"base64":"/"}}', 'in:3:1  bytes'],
    ['{"value":1,"topc":"t"}', "in:3:1  unknown key 'topc' (did you mean 'topic'?)"],
    ['{"value":1,"topic":""}', 'in:3:1  topic: expected a text that is not empty'],
    ['{"value":1,"topic":"a\\u0000b"}', 'in:3:1  topic: expected'],
    ['{"value":1,"key":7}', 'in:3:1  key: expected a text, {"base64": …} or null'],
    ['{"value":1,"headers":{"a":1}}', 'in:3:1  headers'],
    ['{"value":1,"headers":{"":"x"}}', 'in:3:1  headers'],
    ['{"value":1,"partition":-1}', 'in:3:1  partition: expected a whole number of at least 0'],
    ['{"value":1,"timestamp":0}', 'in:3:1  timestamp: expected whole milliseconds since 1970'],
    ['{"value":1,"timestamp":"hunter2"}', 'in:3:1  timestamp: expected'],
    ['{"value":1,"is_error":"yes"}', 'in:3:1  is_error: expected true or false'],
    ['{"value":1', "in:3:11  invalid JSON: expected ',' or '}', but the line ends here"],
  ];
  for (const [text, message] of wrong)
    it(`is refused: ${text}`, () => {
      expect(() => read(text)).to.throw(BadLineError, message);
      expect(() => read(text)).not.to.throw(/hunter2/);
    });

  it('that is accepted here is accepted by a producer', () => {
    const writer = new RecordWriter();
    for (const text of ['{"value":1,"key":"","headers":{"__proto__":"x"}}', '{"value":"\\u0000","timestamp":1}'])
      writer.prepare(read(text).message);
  });
});
