/** Which values the compiler takes for a message: `npm run typecheck` fails where one of these lines is not as it says. */

import type { BaseProducer, MessageInput, ProducerRuntime } from '../../../../src/index.ts';

interface Item {
  readonly sku: string;
  readonly count?: number;
}

interface Order {
  readonly id: string;
  readonly items: readonly Item[];
  readonly note: string | null;
  readonly at: Date;
  readonly parent?: Order | undefined;
}

class Plain {
  readonly id = 'a';
  readonly #hidden = 1;
  static count = 0;
  protected size = this.#hidden;
}

class WithMethods {
  readonly id = 'a';
  total(): number {
    return 1;
  }
}

class Written extends WithMethods {
  toJSON(): unknown {
    return { id: this.id };
  }
}

declare const producer: BaseProducer;
declare const runtime: ProducerRuntime;
declare const order: Order;
declare const unknown: unknown;
const anything = JSON.parse('1'); // any, as code without types gives
declare const readonlyOrders: readonly Order[];
declare const tuple: readonly [string, Item];
declare const record: Readonly<Record<string, Item>>;
declare const either: Order | string | null | Uint8Array;

/** Never called: the compiler is the test. */
export async function taken(): Promise<void> {
  for (const value of [order, readonlyOrders, tuple, record, either, new Plain(), new Written()] as const)
    producer.produce({ value });
  producer.produce({ value: unknown });
  producer.produce({ value: anything });
  producer.produce({ value: undefined as string | undefined });
  producer.produce({
    topic: 't',
    key: 'k',
    value: { a: [1, 'x', null, { b: true }], o: order },
    timestamp: new Date(),
  });
  await producer.enqueue({ value: order });
  await producer.send({ value: readonlyOrders });
  await producer.publish('t', order, { key: 'k' });
  await producer.publish('t', Buffer.from('x'));
  await producer.publish('t', null);
  await runtime.send({ value: order });
  await runtime.enqueue({ value: order });
  const kept: MessageInput = { value: order };
  runtime.produce(kept);
  const generic = <T extends Item>(value: T & Item) => producer.produce({ value: { ...value } as Item });
  generic({ sku: 'a' });
}

export async function refused(): Promise<void> {
  // @ts-expect-error nothing at all
  producer.produce({ value: undefined });
  // @ts-expect-error a function
  producer.produce({ value: () => 1 });
  // @ts-expect-error a symbol
  producer.produce({ value: Symbol('s') });
  // @ts-expect-error a bigint
  producer.produce({ value: 10n });
  // @ts-expect-error a bigint within
  await producer.send({ value: { order: { id: 10n } } });
  // @ts-expect-error a function within
  await producer.enqueue({ value: [{ done: () => {} }] });
  // @ts-expect-error methods are functions
  producer.produce({ value: new WithMethods() });
  // @ts-expect-error JSON writes it as {}
  producer.produce({ value: new Map([['a', 1]]) });
  // @ts-expect-error JSON writes it as {}
  producer.produce({ value: { tags: new Set(['a']) } });
  // @ts-expect-error a symbol within
  await producer.publish('t', { s: Symbol.iterator });
  // @ts-expect-error a field that no message has
  producer.produce({ value: 1, tpoic: 't' });
  // @ts-expect-error an option that no call has
  producer.produce({ value: 1 }, { iserror: true });
  // @ts-expect-error a number is no object of options
  await producer.send({ value: 1 }, 15);
  // @ts-expect-error a bigint
  await runtime.send({ value: { n: 1n } });
  // @ts-expect-error a function
  await runtime.enqueue({ value: { f() {} } });
}
