import { expect } from 'chai';
import { joined } from '../../../../src/kinds/http/body.ts';
import { Encoder, type Outgoing } from '../../../../src/kinds/http/encoder.ts';
import { HttpProducerConfig } from '../../../../src/kinds/http/schema.ts';
import { FLAG_ERROR } from '../../../../src/shared/memory/record.ts';
import type { MessageInput } from '../../../../src/shared/message/message.ts';
import { slotOf } from '../../../support/leases.ts';

const TOPICS = { topic: 'topic', errorTopic: 'errors' };
const URL = 'http://localhost/items';

/** What becomes of a message by each way, and the memory of its record. */
function encoded(settings: Record<string, unknown>, message: MessageInput, flags = 0) {
  const encoder = new Encoder(HttpProducerConfig.parse({ type: 'http', name: 'web', url: URL, ...settings }));
  // A message before it, so that the record does not begin at 0.
  const slot = slotOf([{ value: 'another' }, message], flags);
  const batch = { memory: slot.records.bytes, offsets: slot.offsets, id: (index: number) => `id-${index}` };
  const decoded = slot.records.decode(slot.offsets[1] as number, TOPICS, 'id-1');
  return { encoder, slot, packed: encoder.packed(batch, 1), outgoing: () => encoder.outgoing(decoded) };
}

const plain = ({ body, ...rest }: Outgoing) => ({ ...rest, body: body && Buffer.from(body).toString('latin1') });

type Row = readonly [settings: Record<string, unknown>, message: MessageInput, flags?: number];

const STRAIGHT: Readonly<Record<string, Row>> = {
  'a value of JSON': [{}, { value: { text: 'größer', list: [1, null] } }],
  'a value of JSON with a key and a topic': [{}, { topic: 'orders', key: 'küche', value: 7 }],
  'a message that is marked as an error': [{ error_url: `${URL}/errors` }, { value: 1 }, FLAG_ERROR],
  'bytes that are sent as they are': [{ body: 'raw' }, { value: Buffer.from([0, 255, 128]) }],
  'no bytes that are sent as they are': [{ body: 'raw' }, { value: Buffer.alloc(0) }],
  'a line of JSON with headers that stay behind': [
    { body: 'ndjson', batch: {} },
    { headers: { a: 'b' }, value: 'two\nlines' },
  ],
};

const LOOKED_AT: Readonly<Record<string, Row>> = {
  'a tombstone': [{}, { value: null }],
  'bytes that may be no JSON': [{}, { value: Buffer.from('{}') }],
  'headers that become those of the request': [{}, { headers: { a: 'b' }, value: 1 }],
  'a URL with a placeholder': [{ url: `${URL}/{key}` }, { key: 'a', value: 1 }],
  'a URL of errors with a placeholder': [{ error_url: `${URL}/{key}` }, { key: 'a', value: 1 }],
  'an envelope': [{ envelope: true }, { value: 1 }],
};

describe('a message that is encoded straight from its record', () => {
  for (const [what, row] of Object.entries(STRAIGHT))
    it(`${what}: is the same as one that is decoded`, () => {
      const { packed, outgoing } = encoded(...row);
      expect(packed && plain(packed)).to.deep.equal(plain(outgoing()));
    });

  for (const [what, row] of Object.entries(LOOKED_AT))
    it(`${what}: is decoded`, () => {
      expect(encoded(...row).packed).to.equal(undefined);
    });

  it('has a body of its own once it is a request, because its memory is used again', () => {
    for (const settings of [{}, { body: 'ndjson', batch: {} }]) {
      const { encoder, slot, packed } = encoded(settings, { value: 'mine' });
      const { body } = encoder.request([packed as Outgoing]);
      slot.records.bytes.fill(0);
      expect(String(body).trim()).to.equal('"mine"');
    }
  });
});

describe('the headers of a request', () => {
  const namesOf = (settings: Record<string, unknown>, message: MessageInput = { value: 1 }) => {
    const { encoder, outgoing } = encoded(settings, message);
    const { headers } = encoder.request([outgoing()]);
    return headers.filter((_, index) => index % 2 === 0);
  };

  it('are the configured ones, those of the message, and defaults that are in neither', () => {
    expect(namesOf({})).to.deep.equal(['user-agent', 'content-type', 'Idempotency-Key']);
    expect(namesOf({ idempotency_header: false })).to.deep.equal(['user-agent', 'content-type']);
    const own = { 'Content-Type': 'text/plain', 'IDEMPOTENCY-KEY': 'mine' };
    expect(namesOf({ headers: own })).to.deep.equal(['Content-Type', 'IDEMPOTENCY-KEY', 'user-agent']);
    const message = { headers: { 'User-Agent': 'me', 'idempotency-key': 'it' }, value: 1 };
    expect(namesOf({ headers: { x: 'y' } }, message)).to.deep.equal([
      'x',
      'User-Agent',
      'idempotency-key',
      'content-type',
    ]);
  });

  it('have no content type without a body', () => {
    expect(namesOf({ tombstones: 'delete' }, { value: null })).to.deep.equal(['user-agent', 'Idempotency-Key']);
  });

  it('do not grow from one request to the next', () => {
    const { encoder, packed } = encoded({}, { value: 1 });
    const lengths = [1, 2].map(() => encoder.request([packed as Outgoing]).headers.length);
    expect(lengths).to.deep.equal([6, 6]);
  });
});

describe('a body of several values', () => {
  const values = ['1', '"ä"', '{}'].map((text) => Buffer.from(text));

  it('is an array, or one line for each', () => {
    expect(String(joined(values, 'json'))).to.equal('[1,"ä",{}]');
    expect(String(joined(values.slice(0, 1), 'json'))).to.equal('[1]');
    expect(String(joined(values, 'ndjson'))).to.equal('1\n"ä"\n{}\n');
  });
});
