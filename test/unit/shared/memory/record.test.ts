import vm from 'node:vm';
import { expect } from 'chai';
import { InvalidMessageError } from '../../../../src/shared/errors.ts';
import { alignUp, FLAG_ERROR, RecordMemory } from '../../../../src/shared/memory/record.ts';
import { RecordWriter } from '../../../../src/shared/memory/record-writer.ts';
import type { MessageInput } from '../../../../src/shared/message/message.ts';
import { twoGib } from '../../../support/hostile-messages.ts';

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
  });

  const form = new FormData();
  form.append('one', '1');
  class Trace {
    one = '1';
  }
  const HEADERS: ReadonlyArray<readonly [string, unknown]> = [
    ['an object', { one: '1' }],
    ['an object without a prototype', Object.assign(Object.create(null), { one: '1' })],
    ['an instance with fields', new Trace()],
    ['a Map', new Map([['one', '1']])],
    ['a Map of another realm', vm.runInNewContext("new Map([['one', '1']])")],
    ['a list of another realm', vm.runInNewContext("[['one', '1']]")],
    ['an object of another realm', vm.runInNewContext("({ one: '1' })")],
    ['Headers', new Headers({ one: '1' })],
    ['URLSearchParams', new URLSearchParams('one=1')],
    ['FormData', form],
    ['an iterator', [['one', '1']].values()],
    ['a Proxy', new Proxy({ one: '1' }, {})],
  ];
  for (const [what, headers] of HEADERS)
    it(`carries headers out of ${what}`, () => {
      const [[name, value] = [], ...others] = roundTrip({ value: 1, headers }).headers;
      expect([name, text(value ?? null), others]).to.deep.equal(['one', '1', []]);
    });

  it('carries no headers where there are none', () => {
    for (const headers of [undefined, {}, [], new Map(), vm.runInNewContext('({})'), Object.create(null)])
      expect(roundTrip({ value: 1, headers }).headers).to.deep.equal([]);
  });

  it('takes the bytes and dates of another realm for what they are', () => {
    const bytes: unknown = vm.runInNewContext('Uint8Array.of(1, 2)');
    const timestamp: unknown = vm.runInNewContext('new Date(5)');
    const message = roundTrip({ value: bytes, key: bytes, headers: { h: bytes }, timestamp });
    const parts = [message.value, message.key, message.headers[0]?.[1]].map((part) => part && [...part]);
    expect([parts, message.timestamp]).to.deep.equal([
      [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
      5,
    ]);
    class Later extends Date {
      override getTime(): number {
        return 0;
      }
    }
    expect(roundTrip({ value: 1, timestamp: new Later(7) }).timestamp).to.equal(7);
  });

  it('holds no more than its lengths can say', () => {
    const large = twoGib();
    const half = large.subarray(0, 2 ** 30);
    for (const message of [{ value: large }, { value: 1, key: large }, { value: half, key: half }])
      expect(() => new RecordWriter().prepare(message)).to.throw(InvalidMessageError, 'can never be sent');
    expect(() => new RecordWriter().prepare({ value: 1, headers: { h: large } })).to.throw(InvalidMessageError);
    expect([2 ** 31 - 1, 2 ** 31, 2 ** 33 + 1].map(alignUp)).to.deep.equal([2 ** 31, 2 ** 31, 2 ** 33 + 8]);
  });

  it('asks an iterator that never ends for so many headers and no more', () => {
    function* endless(): Generator<unknown> {
      for (;;) yield ['a', 'b'];
    }
    expect(() => roundTrip({ value: 1, headers: endless() })).to.throw(InvalidMessageError, 'too many');
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
    [[{ value: 1 }], 'a message is an object with a value'],
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
    [
      { Key: 'x', value: 1 },
      'unknown field "Key" (did you mean \'key\'?): a message has topic, key, value, headers, partition, timestamp',
    ],
    [{ value: 1, data: 2 }, 'unknown field "data"'],
    [{ Value: 1 }, 'unknown field "Value" (did you mean \'value\'?)'],
    [{ valeu: 1 }, 'unknown field "valeu" (did you mean \'value\'?)'],
    [{ value: 1, partion: 2 }, 'unknown field "partion" (did you mean \'partition\'?)'],
    [
      { value: 1, isError: true },
      'unknown field "isError": it is an option, given after the message: produce(message, { isError: true })',
    ],
    [{ value: 1, is_error: true }, 'it is an option, given after the message: produce(message, { isError: true })'],
    [{ value: 1, timeout: 5 }, 'it is an option, given after the message: send(message, { timeout: 5000 })'],
    ['orders', "such as { topic: 'orders', value: { id: 1 } }, got String"],
    [{ value: 1, headers: 'a=b' }, 'headers: expected an object or a list of pairs, got String'],
    [{ value: 1, headers: new Error('x') }, 'headers: expected an object or a list of pairs, got Error'],
    [
      { value: 1, headers: Object.assign(new Error('x'), { code: 'E1' }) },
      'headers: expected an object or a list of pairs, got Error',
    ],
    [
      { value: 1, headers: Object.assign(/x/, { a: '1' }) },
      'headers: expected an object or a list of pairs, got RegExp',
    ],
    [{ value: 1, headers: Promise.resolve() }, 'headers: expected an object or a list of pairs, got Promise'],
    [{ value: 1, headers: new Date() }, 'headers: expected an object or a list of pairs, got Date'],
    [{ value: 1, headers: new WeakMap() }, 'headers: expected an object or a list of pairs, got WeakMap'],
    [{ value: 1, headers: new Uint8Array() }, 'headers: expected an object or a list of pairs, got Uint8Array'],
    [{ value: 1, headers: new Set(['a']) }, 'headers: a list holds pairs of name and value'],
    [{ value: 1, key: new Proxy(Uint8Array.of(1), {}) }, 'key: expected a string, bytes or nothing'],
    [{ value: 1, key: new ArrayBuffer(1) }, 'key: expected a string, bytes or nothing, got ArrayBuffer'],
    [{ value: new URLSearchParams('a=1') }, 'value: URLSearchParams is not a JSON value'],
    [{ value: { err: new Error('x') } }, 'value.err: Error is not a JSON value'],
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
