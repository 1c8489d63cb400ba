import { expect } from 'chai';
import type { WhenConfig } from '../../../src/config/routes/schema.ts';
import { RouteTable } from '../../../src/routing/route-table.ts';
import type { MessageInput } from '../../../src/shared/message/message.ts';
import { readOnce } from '../../../src/shared/message/message-fields.ts';

const route = (name: string, when?: WhenConfig) => ({ name, when, to: ['a'], fallback: [] });

const fits = (when: WhenConfig, message: Partial<MessageInput>, isError = false): boolean =>
  new RouteTable([route('only', when)]).find({ value: 1, ...message }, isError) !== undefined;

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('the route of a message', () => {
  it('is the first that it fits, and none where it fits none', () => {
    const table = new RouteTable([
      route('a', { topic: 'a' }),
      route('ab', { topic: ['a', 'b'] }),
      route('c', { topic: 'c' }),
    ]);
    const names = ['a', 'b', 'c', 'd'].map((topic) => table.find({ topic, value: 1 }, false)?.name);
    expect(names).to.deep.equal(['a', 'ab', 'c', undefined]);
  });

  it('without conditions is for every message', () => {
    for (const when of [undefined, {}])
      expect(new RouteTable([route('all', when)]).find({ value: null }, true)?.name).to.equal('all');
  });

  for (const [pattern, yes, no] of [
    ['orders', ['orders'], ['orders.eu', 'order', 'Orders']],
    ['orders.*', ['orders.', 'orders.eu.created'], ['orders', 'xorders.eu']],
    ['*', ['a', 'orders.eu'], []],
    ['*.eu', ['orders.eu', '.eu'], ['orders.eu.x', 'eu']],
    ['o*.e?.*', ['orders.eu.x', 'o.ea.'], ['orders.e.x', 'orders.eux']],
    ['a?c', ['abc', 'a.c', 'a😀c'], ['ac', 'abbc', 'a😀😀c']],
    ['a??c', ['a😀😀c', 'aé😀c'], ['a😀c']],
    ['*?z?', ['😀z😀', 'z😀z😀'], ['z😀', '😀z']],
    ['*a?😀', ['😀a😀😀', 'aab😀'], ['a😀', 'a😀b']],
    ['*a*b*', ['ab', 'xaxbx', 'aab'], ['ba', 'a']],
    ['a**b', ['ab', 'axxb'], ['a']],
  ] as const)
    it(`topic ${pattern}`, () => {
      for (const topic of yes) expect(fits({ topic: pattern }, { topic }), topic).to.equal(true);
      for (const topic of no) expect(fits({ topic: pattern }, { topic }), topic).to.equal(false);
    });

  it('takes no time over a hostile topic', () => {
    const before = performance.now();
    expect(fits({ topic: '*a*a*a*a*a*a*a*a*b' }, { topic: 'a'.repeat(20_000) })).to.equal(false);
    expect(performance.now() - before).to.be.below(60_000); // exponential, it would never end
  });

  it('has no topic where the message leaves it to its producer', () => {
    expect(fits({ topic: '*' }, {})).to.equal(false);
  });

  it('by header: a value, a list, any value, or no such header', () => {
    const forms: MessageInput['headers'][] = [
      { region: 'eu', empty: null },
      [
        ['region', 'us'],
        ['region', Buffer.from('eu')],
        ['empty', null],
      ],
      readOnce({
        value: 1,
        headers: new Map([
          ['region', 'eu'],
          ['empty', null],
        ]) as never,
      }).headers,
    ] as never;
    for (const headers of forms) {
      const holds = (header: WhenConfig['header']) => fits({ header }, { headers: headers as never });
      expect(holds({ region: 'eu' })).to.equal(true);
      expect(holds({ region: ['de', 'eu'] })).to.equal(true);
      expect(holds({ region: 'de' })).to.equal(false);
      expect(holds({ region: true, empty: true, other: false })).to.equal(true);
      expect(holds({ region: false })).to.equal(false);
      expect(holds({ other: true })).to.equal(false);
      expect(holds({ empty: '' })).to.equal(false);
      expect(holds({ constructor: true } as never)).to.equal(false);
    }
    for (const headers of [undefined, 5, null, [5]])
      expect(fits({ header: { region: 'eu' } }, { headers: headers as never })).to.equal(false);
    expect(fits({ header: { region: '\ufffd' } }, { headers: { region: Buffer.from([0xff]) } })).to.equal(false);
  });

  it('by whether it is an error', () => {
    expect([true, false].map((isError) => fits({ is_error: true }, {}, isError))).to.deep.equal([true, false]);
    expect([true, false].map((isError) => fits({ is_error: false }, {}, isError))).to.deep.equal([false, true]);
  });

  it('by a field of the value, as it was given or in bytes', () => {
    const order = { order: { country: 'de', total: 5, paid: true, note: null, items: [{ sku: 'a' }] } };
    for (const value of [order, bytes(order)]) {
      const holds = (path: string, wanted: never) => fits({ field: { [path]: wanted } }, { value });
      expect(holds('order.country', 'de' as never)).to.equal(true);
      expect(holds('order.country', ['at', 'de'] as never)).to.equal(true);
      expect(holds('order.total', 5 as never)).to.equal(true);
      expect(holds('order.total', '5' as never)).to.equal(false);
      expect(holds('order.paid', true as never)).to.equal(true);
      expect(holds('order.note', null as never)).to.equal(true);
      expect(holds('order.items.0.sku', 'a' as never)).to.equal(true);
      expect(holds('order.items.1.sku', null as never)).to.equal(false);
      expect(holds('order.country.length', 2 as never)).to.equal(false);
      expect(holds('constructor.name', 'Object' as never)).to.equal(false);
    }
  });

  it('of a value that is no JSON does not depend on fields', () => {
    for (const value of [Buffer.from('{"a":'), Buffer.from([0xff]), null, 'text', undefined as never])
      expect(fits({ field: { a: 1 } }, { value }), String(value)).to.equal(false);
  });

  it('is the same for the value as it was given and as it is encoded', () => {
    const throws = { toJSON: () => expect.fail('not for us to say') };
    const given = {
      at: new Date(0),
      bad: Number.NaN,
      inner: { toJSON: () => ({ name: 'x' }) },
    };
    for (const value of [given, bytes(given)]) {
      expect(fits({ field: { at: '1970-01-01T00:00:00.000Z' } }, { value: value as never })).to.equal(true);
      expect(fits({ field: { bad: null } }, { value: value as never })).to.equal(true);
      expect(fits({ field: { 'inner.name': 'x' } }, { value: value as never })).to.equal(true);
    }
    expect(fits({ field: { a: 1 } }, { value: throws })).to.equal(false);
  });

  it('fits all conditions together', () => {
    const when: WhenConfig = { topic: 'orders', header: { a: '1', b: '2' }, is_error: false, field: { x: 1, y: 2 } };
    const message = { topic: 'orders', headers: { a: '1', b: '2' }, value: { x: 1, y: 2 } };
    expect(fits(when, message)).to.equal(true);
    const spoilt = [{ topic: 'x' }, { headers: { a: '1' } }, { value: { x: 1 } }];
    for (const change of spoilt) expect(fits(when, { ...message, ...change })).to.equal(false);
    expect(fits(when, message, true)).to.equal(false);
  });
});
