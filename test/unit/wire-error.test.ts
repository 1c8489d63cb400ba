import { expect } from 'chai';
import { TransientSendError } from '../../src/errors.ts';
import { fromWire, toWire } from '../../src/wire-error.ts';

describe('an error between threads', () => {
  const there = (error: Error) => fromWire(structuredClone(toWire(error)));

  it('keeps the wait that a transient error asks for', () => {
    const error = there(new TransientSendError('busy', { retryAfterMs: 1500 }));
    expect(error).to.be.instanceOf(TransientSendError).and.include({ message: 'busy', retryAfterMs: 1500 });
  });

  it('crosses whatever its class has made of its parts', () => {
    const odd = [
      { stack: () => {} },
      { code: {} },
      {
        get cause() {
          throw new Error('no cause');
        },
      },
      Object.create(null, {
        stack: {
          get: () => {
            throw new Error('no stack');
          },
          enumerable: true,
          configurable: true,
        },
      }),
    ];
    for (const parts of odd) {
      const error = Object.defineProperties(new Error('odd'), Object.getOwnPropertyDescriptors(parts));
      expect(there(error).message).to.match(/^odd$|cannot be read/);
    }
  });

  it('asks for none where none was asked for', () => {
    expect((there(new TransientSendError('busy')) as TransientSendError).retryAfterMs).to.equal(undefined);
  });
});
