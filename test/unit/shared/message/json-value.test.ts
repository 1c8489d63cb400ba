import { Blob } from 'node:buffer';
import vm from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidMessageError } from '../../../../src/shared/errors.ts';
import { jsonText } from '../../../../src/shared/message/json-value.ts';

class Point {
  readonly x: unknown;
  readonly y = { z: [2] };
  constructor(x: unknown = 1) {
    this.x = x;
  }
  get length(): number {
    return 5;
  }
}
class Hidden {
  readonly #secret = 1;
  get secret(): number {
    return this.#secret;
  }
}
class Speaking {
  readonly #cents = 950;
  readonly format = () => `${this.#cents} c`;
}
const realm = (code: string): unknown => vm.runInNewContext(code, { URLSearchParams });
const withoutPrototype = (fields: object): unknown => Object.assign(Object.create(null), fields);
const code = (error: Error): Error => Object.assign(error, { code: 'ENOENT' });

function failureOf(value: unknown): unknown {
  try {
    return jsonText(value);
  } catch (error) {
    return error;
  }
}

describe('a value as JSON', () => {
  /** What JSON would write as something empty, or as a part of itself. */
  const LOST: ReadonlyArray<readonly [string, () => unknown]> = [
    ['Map', () => new Map([[1, 2]])],
    ['Map', () => Object.assign(new Map(), { size2: 1 })],
    ['Set', () => new Set([1])],
    ['Object', () => Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype)],
    ['Speaking', () => new Speaking()],
    ['Object', () => Math],
    ['WeakMap', () => new WeakMap()],
    ['WeakSet', () => new WeakSet()],
    ['Promise', () => Promise.resolve(1)],
    ['RegExp', () => /x/],
    ['Error', () => new Error('x')],
    ['Error', () => code(new Error('x'))],
    ['TypeError', () => code(new TypeError('x'))],
    ['DOMException', () => new DOMException('x')],
    ['AggregateError', () => new AggregateError([], 'x')],
    ['ArrayBuffer', () => new ArrayBuffer(2)],
    ['SharedArrayBuffer', () => new SharedArrayBuffer(2)],
    ['DataView', () => new DataView(new ArrayBuffer(2))],
    ['Uint16Array', () => new Uint16Array(2)],
    ['URLSearchParams', () => new URLSearchParams('a=1')],
    ['FormData', () => new FormData()],
    ['Headers', () => new Headers({ a: '1' })],
    ['Request', () => new Request('http://127.0.0.1/')],
    ['Blob', () => new Blob(['x'])],
    ['Symbol', () => Object(Symbol('x'))],
    ['Hidden', () => new Hidden()],
    ['Uint8Array', () => new Proxy(Uint8Array.of(1), {})],
    ['Map', () => realm('new Map([[1, 2]])')],
    ['Set', () => realm('new Set([1])')],
    ['Error', () => realm('new Error("x")')],
    ['ArrayBuffer', () => realm('new ArrayBuffer(1)')],
  ];
  /** Where a value may be: the way into it, and how an error says that. */
  const PLACES: ReadonlyArray<readonly [string, (value: unknown) => unknown]> = [
    ['', (value) => value],
    ['.err', (err) => ({ err, n: 1 })],
    ['.a.b', (b) => ({ n: [1], a: { b } })],
    ['.list[1].at', (at) => ({ list: [{}, { at }] })],
    ['[2]', (value) => [1, {}, value]],
    ['.x', (x) => new Point(x)],
    ['.o.p', (p) => withoutPrototype({ o: { p } })],
  ];
  /** The same, by what an object says itself that it is in JSON: looked at where that is empty. */
  const SAID: typeof PLACES = [
    ['', (value) => ({ toJSON: () => value })],
    ['.m.deep', (deep) => ({ m: { toJSON: () => ({ deep }) } })],
  ];
  for (const [name, make] of LOST)
    it(`refuses ${name}, and says where it is`, () => {
      const isEmpty = JSON.stringify(make()) === '{}';
      for (const [place, within] of isEmpty ? [...PLACES, ...SAID] : PLACES) {
        const text = `value${place}: ${name} is not a JSON value`;
        expect(() => jsonText(within(make())), text).to.throw(InvalidMessageError, text);
      }
    });

  const KEPT: ReadonlyArray<readonly [string, () => unknown, string?]> = [
    ['an instance with fields', () => new Point()],
    ['an empty object', () => ({ a: {}, b: [], c: [{}] })],
    ['an object without a prototype', () => withoutPrototype({ a: withoutPrototype({}) })],
    ['objects and lists of another realm', () => realm('({ a: [{}], b: { c: {} }, d: new Date(5) })')],
    ['what is inherited, not at all', () => Object.assign(Object.create({ m: new Map() }), { a: {} })],
    ['a Date', () => ({ at: new Date(5), list: [new Date(6)] })],
    ['a URL', () => ({ url: new URL('http://a/b') })],
    ['a Buffer within', () => ({ raw: Buffer.from('ab') })],
    ['boxed primitives', () => [Object('ab'), Object(1), Object(true), { s: Object('') }]],
    ['a Proxy of an object', () => new Proxy({ a: new Proxy([1, {}], {}) }, {})],
    ['an error that says what it is', () => Object.assign(new Error('x'), { toJSON: () => ({ message: 'x' }) })],
    ['numbers that JSON has not', () => [Number.NaN, -0, { n: Number.POSITIVE_INFINITY }], '[null,0,{"n":null}]'],
    ['functions, symbols, nothing', () => ({ f() {}, s: Symbol('s'), u: undefined, l: [undefined] }), '{"l":[null]}'],
    ['an empty object that says so itself', () => ({ a: { toJSON: () => ({}) }, b: { toJSON: () => null } })],
    ['braces in texts', () => ({ a: '{}[', b: '{"0":1}' })],
    ['one object twice', () => ((shared) => ({ a: shared, b: [shared, {}] }))({ n: {} })],
    ['a date that is none, within', () => ({ at: new Date(Number.NaN) }), '{"at":null}'],
  ];
  for (const [what, make, text] of KEPT)
    it(`writes ${what} as JSON.stringify does`, () => {
      expect(jsonText(make())).to.equal(text ?? JSON.stringify(make()));
    });

  it('writes whatever is JSON, and refuses nothing of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonText(value)).to.equal(JSON.stringify(value));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what cannot be written, with the reason as its cause', () => {
    const cycle: { a: object; self?: unknown } = { a: {} };
    cycle.self = cycle;
    for (const bad of [1n, { n: [1n] }, cycle, Object(1n)])
      expect(() => jsonText(bad))
        .to.throw(InvalidMessageError, 'value: cannot be written as JSON')
        .with.property('cause');
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, () => 1, Symbol('x'), { toJSON: () => undefined }])
      expect(() => jsonText(bad)).to.throw(InvalidMessageError, 'is not a JSON value');
  });

  it('refuses what throws, whatever that is', () => {
    const bad = new Error();
    Object.defineProperty(bad, 'message', {
      get: () => {
        throw new Error('again');
      },
    });
    for (const thrown of [null, undefined, 'text', 0, Object.create(null), new Error('own'), bad])
      for (const value of [
        {
          toJSON: () => {
            throw thrown;
          },
        },
        {
          get a() {
            throw thrown;
          },
        },
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw thrown;
            },
          },
        ),
      ])
        expect([failureOf(value) instanceof InvalidMessageError, (failureOf(value) as Error).cause]).to.deep.equal([
          true,
          thrown,
        ]);
  });

  it('reads a getter once where nothing is nested, and sends what it said first', () => {
    let reads = 0;
    const value = {
      get n() {
        return ++reads;
      },
    };
    expect([jsonText(value), reads]).to.deep.equal(['{"n":1}', 1]);
    reads = 0;
    expect(jsonText({ value, nested: {} })).to.equal('{"value":{"n":1},"nested":{}}');
  });

  it('writes what is nested as deeply as JSON.stringify can', () => {
    let deep: unknown = {};
    for (let depth = 0; depth < 3000; depth++) deep = depth % 2 ? [deep] : { deep };
    expect(jsonText(deep)).to.equal(JSON.stringify(deep));
  });
});
