import { expect } from 'chai';
import { shownKey } from '../../../src/caller/shown-key.ts';

describe('a key in a log line', () => {
  const detached = new Uint8Array(2);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });

  for (const [what, key, shown] of [
    ['text', 'user-1', 'user-1'],
    ['bytes that are text', Buffer.from('order-1 é'), 'order-1 é'],
    ['bytes with a control character', Buffer.from('a\nb'), '610a62'],
    ['bytes that are no text', new Uint8Array([255]), 'ff'],
    ['no bytes', new Uint8Array(), ''],
    ['none', undefined, null],
    ['null', null, null],
    ['bytes whose memory is gone', detached, null],
  ] as const)
    it(`is shown: ${what}`, () => {
      expect(shownKey(key)).to.equal(shown);
    });
});
