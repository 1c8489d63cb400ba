import { expect } from 'chai';
import { InvalidMessageError } from '../../../src/errors.ts';
import type { MessageInput } from '../../../src/message.ts';
import { FLAG_ERROR, RecordMemory } from '../../../src/queue/record.ts';
import { RecordWriter } from '../../../src/queue/record-writer.ts';

const DEFAULTS = { topic: 'topic', errorTopic: 'errors' };
const AT = 64;

function pack(input: unknown): { writer: RecordWriter; memory: RecordMemory; size: number } {
  const writer = new RecordWriter();
  writer.prepare(input as MessageInput);
  const memory = new RecordMemory(new SharedArrayBuffer(AT + writer.exactSize + 8));
  return { writer, memory, size: writer.write(memory, AT, 0) };
}

const roundTrip = (input: unknown) => pack(input).memory.decode(AT, DEFAULTS);
const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());

describe('packed records', () => {
  const VALUES: readonly unknown[] = [
    42,
    'text',
    '',
    true,
    [],
    [1, [2]],
    { a: { b: null } },
    { emoji: '🦊', nul: '\0', long: 'ä'.repeat(5000) },
    new Date(0),
  ];
  for (const value of VALUES)
    it(`carries ${JSON.stringify(value).slice(0, 40)} as JSON`, () => {
      expect(text(roundTrip({ value }).value)).to.equal(JSON.stringify(value));
    });

  it('carries bytes as they are, empty and none apart', () => {
    const bytes = Uint8Array.of(0, 255, 10, 0);
    expect([...(roundTrip({ value: bytes }).value ?? [])]).to.deep.equal([...bytes]);
    expect(roundTrip({ value: new Uint8Array() }).value).to.have.lengthOf(0);
    expect(roundTrip({ value: null }).value).to.equal(null);
  });

  it('carries keys as text, as bytes, empty, and none', () => {
    expect(text(roundTrip({ value: 1, key: 'ключ' }).key)).to.equal('ключ');
    expect([...(roundTrip({ value: 1, key: Uint8Array.of(0, 200) }).key ?? [])]).to.deep.equal([0, 200]);
    expect(roundTrip({ value: 1, key: '' }).key).to.have.lengthOf(0);
    expect(roundTrip({ value: 1, key: null }).key).to.equal(null);
    expect(roundTrip({ value: 1 }).key).to.equal(null);
  });

  it('carries headers in order: text, bytes, empty, none, repeated names', () => {
    const headers = [
      ['a', 'x'],
      ['b', Uint8Array.of(0, 255)],
      ['a', ''],
      ['ü', null],
    ] as const;
    const read = roundTrip({ value: 1, headers }).headers.map(([name, value]) => [name, value && [...value]]);
    expect(read).to.deep.equal([
      ['a', [120]],
      ['b', [0, 255]],
      ['a', []],
      ['ü', null],
    ]);
    for (const one of [{ one: '1' }, new Map([['one', '1']])])
      expect(roundTrip({ value: 1, headers: one }).headers.map(([name]) => name)).to.deep.equal(['one']);
  });

  it('carries topic, partition and timestamp, and knows what their absence means', () => {
    const full = roundTrip({ value: 1, topic: 'elsewhere', partition: 3, timestamp: new Date(1_700_000_000_000) });
    expect(full).to.include({ topic: 'elsewhere', partition: 3, timestamp: 1_700_000_000_000, isError: false });
    expect(roundTrip({ value: 1 })).to.include({ topic: 'topic', partition: null, timestamp: null });
  });

  it('sends what is flagged as an error to the error topic, unless it names its own', () => {
    const writer = new RecordWriter();
    const memory = new RecordMemory(new SharedArrayBuffer(1024));
    writer.prepare({ value: 1 });
    const size = writer.write(memory, 0, FLAG_ERROR);
    writer.prepare({ value: 1, topic: 'own' });
    writer.write(memory, size, FLAG_ERROR);
    expect(memory.decode(0, DEFAULTS)).to.include({ topic: 'errors', isError: true });
    expect(memory.decode(size, DEFAULTS)).to.include({ topic: 'own', isError: true });
  });

  it('needs no more than it said, whatever the text, and keeps records aligned', () => {
    for (let length = 0; length < 200; length++)
      for (const letter of ['a', 'ä', '€', '🦊']) {
        const { writer, size } = pack({ value: letter.repeat(length), key: letter.repeat(length % 7) });
        expect(size).to.equal(writer.exactSize);
        expect(writer.sizeBound).to.be.at.least(size);
        expect(size % 8).to.equal(0);
      }
  });

  it('a decoded message stays good when its memory is used again', () => {
    const { memory } = pack({ value: Uint8Array.of(1, 2, 3), key: 'k' });
    const message = memory.decode(AT, DEFAULTS);
    memory.bytes.fill(0xee);
    expect([...(message.value ?? [])]).to.deep.equal([1, 2, 3]);
  });

  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const REFUSED: ReadonlyArray<readonly [unknown, string]> = [
    [null, 'a message is an object with a value'],
    ['text', 'a message is an object with a value'],
    [{}, 'value: missing (null is a tombstone)'],
    [{ data: 'example' }, 'value: missing (null is a tombstone); wrap the message: { value: { data: … } }'],
    [{ value: undefined }, 'value: missing (null is a tombstone)'],
    [{ value: Number.NaN }, 'value: NaN is not a JSON value'],
    [{ value: () => 1 }, 'value: Function is not a JSON value'],
    [{ value: new Map([[1, 2]]) }, 'value: Map is not a JSON value'],
    [{ value: new ArrayBuffer(2) }, 'value: ArrayBuffer is not a JSON value'],
    [{ value: 1n }, 'value: cannot be written as JSON: Do not know how to serialize a BigInt'],
    [{ value: 1, topic: '' }, 'topic: expected a non-empty string without NUL, got an empty string'],
    [{ value: 1, topic: 'a\0b' }, 'topic: expected a non-empty string without NUL, got String'],
    [{ value: Promise.resolve(1) }, 'value: Promise is not a JSON value'],
    [{ value: /x/ }, 'value: RegExp is not a JSON value'],
    [{ value: new Date(Number.NaN) }, 'value: Date is not a JSON value'],
    [{ value: 1, topic: null }, 'topic: expected a non-empty string without NUL, got null'],
    [{ value: 1, key: 7 }, 'key: expected a string, bytes or nothing, got 7'],
    [{ value: 1, partition: -1 }, 'partition: expected a whole number of at least 0, got -1'],
    [{ value: 1, timestamp: 'now' }, 'timestamp: expected a Date or whole milliseconds since 1970, got String'],
    [{ value: 1, timestamp: new Date('x') }, 'timestamp: expected a Date or whole milliseconds since 1970, got Date'],
    [{ value: 1, timestamp: 0 }, 'timestamp: Kafka clients take 0 for none: leave it out, or give at least 1'],
    [{ value: 1, timestamp: new Date(0) }, 'timestamp: Kafka clients take 0 for none'],
    [{ Key: 'x', value: 1 }, 'unknown field "Key": a message has topic, key, value, headers, partition, timestamp'],
    [{ value: 1, data: 2 }, 'unknown field "data"'],
    [{ Value: 1 }, 'unknown field "Value"'],
    [{ value: 1, headers: 'a=b' }, 'headers: expected an object or a list of pairs, got String'],
    [{ value: 1, headers: ['a'] }, 'headers: a list holds pairs of name and value'],
    [{ value: 1, headers: { '': 'x' } }, 'headers: expected a non-empty name without NUL, got an empty string'],
    [{ value: 1, headers: { a: 1 } }, 'headers.a: expected a string, bytes or null, got 1'],
  ];
  for (const [input, message] of REFUSED)
    it(`refuses with "${message}"`, () => {
      expect(() => pack(input)).to.throw(InvalidMessageError, message);
    });

  it('passes over what the class of a message has beside its fields', () => {
    class Signup {
      value = 1;
    }
    Object.assign(Signup.prototype, { describe: () => 'a signup' });
    expect(text(roundTrip(new Signup()).value)).to.equal('1');
  });

  it('refuses a value that contains itself', () => {
    expect(() => pack({ value: cyclic })).to.throw(InvalidMessageError, 'cannot be written as JSON');
  });
});
