/** Every value of the table in every place of a message: delivered byte for byte as documented, or refused with its place. */

import { runInThisContext } from 'node:vm';
import { expect } from 'chai';
import { InvalidMessageError, MemoryProducer, type Message, type MessageInput } from '../../../../src/index.ts';
import { type Outcome, type Row, type TextOutcome, VALUES } from '../../../support/value-table.ts';

/** What a place holds of a delivered message: the text of bytes, or null. */
type Held = string | null;
const REFUSED = Symbol('refused');

const latin = (bytes: Uint8Array | null | undefined): Held => (bytes ? Buffer.from(bytes).toString('latin1') : null);
const utf8 = (text: string): Held => Buffer.from(text, 'utf8').toString('latin1');
const madeBy = ({ code }: Row): unknown => runInThisContext(`(${code})`);

interface Place {
  message(value: unknown): object;
  held(message: Message): Held;
  expected(row: Row): Held | typeof REFUSED;
  /** How the message of the error begins. */
  readonly named: RegExp;
}

const topicOf = (name: string): Held => utf8(name);

function asValue(outcome: Outcome, row: Row): Held | typeof REFUSED {
  if (outcome === 'bytes') return latin(madeBy(row) as Uint8Array);
  if (outcome === 'tombstone') return null;
  return typeof outcome === 'string' ? REFUSED : utf8(outcome.json);
}

function asMember(outcome: Outcome, row: Row): Held | typeof REFUSED {
  if (outcome === 'left out') return '{"b":1}';
  if (typeof outcome === 'string') return REFUSED;
  const text = row.text === 'bytes' ? JSON.stringify(madeBy(row)) : outcome.json;
  return utf8(`{"a":${text},"b":1}`);
}

/** `nothing`: what stands there where nothing is given. `taken`: the outcomes that are delivered there. */
const asText = (row: Row, nothing: Held | typeof REFUSED, taken: readonly TextOutcome[]): Held | typeof REFUSED => {
  if (row.text === 'null' || row.text === 'nothing') return taken.includes(row.text) ? nothing : REFUSED;
  if (!taken.includes(row.text)) return REFUSED;
  return row.text === 'bytes' ? latin(madeBy(row) as Uint8Array) : utf8(madeBy(row) as string);
};

const PLACES: Readonly<Record<string, Place>> = {
  'the value': {
    message: (value) => ({ value }),
    held: ({ value }) => latin(value),
    expected: (row) => asValue(row.value, row),
    named: /^value/,
  },
  'a member of the value': {
    message: (a) => ({ value: { a, b: 1 } }),
    held: ({ value }) => latin(value),
    expected: (row) => asMember(row.member, row),
    named: /^value/,
  },
  'the key': {
    message: (key) => ({ key, value: 1 }),
    held: ({ key }) => latin(key),
    expected: (row) => asText(row, null, ['text', 'not a topic', 'bytes', 'null', 'nothing']),
    named: /^key: /,
  },
  'a header': {
    message: (h) => ({ headers: { h }, value: 1 }),
    held: ({ headers }) => latin(headers.find(([name]) => name === 'h')?.[1]),
    expected: (row) => asText(row, null, ['text', 'not a topic', 'bytes', 'null']),
    named: /^headers\.h: /,
  },
  'the topic': {
    message: (topic) => ({ topic, value: 1 }),
    held: ({ topic }) => utf8(topic),
    expected: (row) => asText(row, topicOf('table'), ['text', 'nothing']),
    named: /^topic: /,
  },
};

describe('the table of values', () => {
  const producer = new MemoryProducer({ type: 'memory', name: 'table', keep: 1 });
  after(() => producer.shutdown());

  it('has at least 120 values, each once', () => {
    expect(new Set(VALUES.map(({ code }) => code)).size)
      .to.equal(VALUES.length)
      .and.to.be.at.least(120);
  });

  /** @throws what the call throws */
  async function delivered(message: object): Promise<Message> {
    producer.clear();
    await producer.send(message as MessageInput);
    return producer.messages()[0] as Message;
  }

  for (const [name, { message, held, expected, named }] of Object.entries(PLACES))
    describe(`as ${name}`, () => {
      for (const row of VALUES) {
        const wanted = expected(row);
        it(`${row.code.slice(0, 60)}: ${wanted === REFUSED ? 'refused' : 'delivered'}`, async () => {
          if (wanted !== REFUSED) return expect(held(await delivered(message(madeBy(row))))).to.equal(wanted);
          const error = await delivered(message(madeBy(row))).then(
            (taken) => new Error(`delivered as ${held(taken)}`),
            (thrown: unknown) => thrown as Error,
          );
          expect(error.message).to.match(named);
          expect(error).to.be.instanceOf(InvalidMessageError);
        });
      }
    });
});
