import { expect } from 'chai';
import { pino } from 'pino';
import { safeLogger } from '../../../../src/shared/log/logger.ts';
import { type Mask, maskedData, maskedFields } from '../../../../src/shared/log/masking.ts';

describe('masked data', () => {
  const mask: Mask = (text) => text.replaceAll('hunter2', '***');

  it('is a copy, however deep, and leaves what was given as it is', () => {
    const given = { a: ['hunter2', { b: 'x hunter2' }], url: new URL('http://host/hunter2'), at: new Date(0), n: 5 };
    const bytes = Buffer.from('hunter2');
    expect(maskedData({ ...given, bytes }, mask)).to.deep.equal({
      a: ['***', { b: 'x ***' }],
      url: 'http://host/***',
      at: new Date(0),
      n: 5,
      bytes,
    });
    expect(given.a).to.deep.equal(['hunter2', { b: 'x hunter2' }]);
  });

  it('keeps the class of an error, and masks its texts, its stack, what was added and its causes', () => {
    const error = Object.assign(new TypeError('no hunter2', { cause: new Error('hunter2') }), {
      path: '/hunter2',
      n: 1,
    });
    const copy = maskedData(error, mask);
    expect(copy).to.be.instanceOf(TypeError).and.not.to.equal(error);
    expect(copy).to.include({ message: 'no ***', path: '/***', n: 1 });
    expect((copy.cause as Error).message).to.equal('***');
    expect(copy.stack).to.include('TypeError: no ***').and.not.to.include('hunter2');
  });

  class Hidden extends Error {
    readonly #text: string;
    constructor(text: string) {
      super();
      delete (this as { message?: string }).message;
      this.#text = text;
    }
    override get message() {
      return this.#text;
    }
    override get name() {
      return `Hidden ${this.#text}`;
    }
    override get stack() {
      return `at ${this.#text}`;
    }
    get status(): number {
      throw new Error(this.#text);
    }
  }

  /** Errors whose texts are behind getters, which work on the original only. */
  const GETTERS: Readonly<Record<string, () => Error>> = {
    'a TimeoutError of fetch': () => new DOMException('no hunter2', 'TimeoutError'),
    'an AbortError': () => new DOMException('no hunter2', 'AbortError'),
    'a reason that a DOMException caused': () =>
      new DOMException('no hunter2', { name: 'DataError', cause: 'hunter2' }),
    'a class with getters': () => new Hidden('no hunter2'),
    'getters of its own': () =>
      Object.defineProperties(new Error(), {
        message: { get: () => 'no hunter2' },
        stack: { get: () => 'at hunter2' },
        path: { get: () => expect.fail('hunter2'), enumerable: true },
      }),
  };

  for (const [what, make] of Object.entries(GETTERS))
    it(`is logged, and keeps the texts of ${what}`, () => {
      const error = make();
      for (const [name, given] of Object.entries({ itself: error, 'a cause': new Error('outer', { cause: error }) })) {
        const lines: string[] = [];
        safeLogger(pino({ level: 'debug' }, { write: (line) => lines.push(line) }), mask).warn(
          { err: given },
          'failed',
        );
        expect(lines, name).to.have.length(1);
        expect(lines[0], name).to.include('no ***').and.not.to.include('hunter2');
      }
      const copy = maskedData(error, mask);
      expect(copy).to.be.instanceOf(error.constructor);
      expect(copy.message).to.equal('no ***');
      expect([copy.name, copy.stack]).to.deep.equal([mask(error.name), mask(String(error.stack))]);
    });

  it('ends where a value contains itself, and takes no key for a prototype', () => {
    const loop: Record<string, unknown> = { text: 'hunter2' };
    loop.self = loop;
    const copy = maskedData(loop, mask);
    expect(copy.self).to.equal(copy);
    expect(copy.text).to.equal('***');
    const strange = maskedData(JSON.parse('{"__proto__": {"a": "hunter2"}}'), mask);
    expect(Object.keys(strange)).to.deep.equal(['__proto__']);
    expect(JSON.stringify(strange)).to.equal('{"__proto__":{"a":"***"}}');
  });

  it('of a log line with nothing to mask are its own fields', () => {
    const fields = { producer: 'a', count: 3, none: null };
    expect(maskedFields(fields, mask)).to.equal(fields);
    expect(maskedFields({ ...fields, err: 'hunter2' }, mask)).to.deep.equal({ ...fields, err: '***' });
    expect(maskedFields({ err: { inner: 'hunter2' } }, mask)).to.deep.equal({ err: { inner: '***' } });
  });
});
