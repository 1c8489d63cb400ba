import { expect } from 'chai';
import { sizedMessage } from '../../../src/routing/sized-message.ts';
import { InvalidMessageError } from '../../../src/shared/errors.ts';
import { RecordWriter } from '../../../src/shared/memory/record-writer.ts';
import type { MessageInput } from '../../../src/shared/message/message.ts';

const packed = (message: MessageInput): number => {
  const writer = new RecordWriter();
  writer.prepare(message);
  return writer.exactSize;
};

describe('a message for several producers', () => {
  for (const [what, message] of [
    ['a value alone', { value: { a: 'ä€😀' } }],
    ['a tombstone', { value: null, key: 'k' }],
    ['bytes', { value: Buffer.alloc(99), key: Buffer.alloc(3), topic: 'täglich' }],
    ['headers', { value: 1, headers: { a: 'ü', b: Buffer.alloc(5), c: null } }],
    ['headers in a list', { value: 1, headers: [['a', '1'] as const, ['a', null] as const] }],
    ['headers in a map', { value: 1, headers: new Map([['a', '1']]) as never }],
  ] as const)
    it(`weighs what it takes in a queue: ${what}`, () => {
      const sized = sizedMessage(message, false);
      expect(sized.bytes).to.equal(packed(message));
      expect(packed(sized.message)).to.equal(sized.bytes);
      expect(sizedMessage(message, true).bytes).to.be.within(sized.bytes + 40, sized.bytes + 80);
    });

  it('keeps what a class inherits, and refuses what no message has', () => {
    class Event {
      value = { n: 1 };
      get topic() {
        return 'inherited';
      }
    }
    const { message } = sizedMessage(new Event(), false);
    expect(message).to.deep.include({ topic: 'inherited', value: Buffer.from('{"n":1}') });
    expect(() => sizedMessage(Object.assign(new Event(), { topik: 'x' }), false)).to.throw(
      InvalidMessageError,
      'topik',
    );
  });

  it('is what it was at the call, whatever becomes of the bytes of its caller', () => {
    const bytes = () => Uint8Array.of(1, 2);
    const given = { key: bytes(), value: bytes(), headers: { h: bytes() } };
    const { message } = sizedMessage(given, false);
    for (const part of [given.key, given.value, given.headers.h]) part.fill(9);
    expect(message).to.deep.include({ key: Buffer.from(bytes()), value: Buffer.from(bytes()) });
    expect(message.headers).to.deep.equal([['h', Buffer.from(bytes())]]);
  });
});
