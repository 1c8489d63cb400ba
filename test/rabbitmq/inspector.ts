/** Looks at the server from the other side: makes exchanges and queues, and takes messages out. */

import amqplib, { type Channel, type ChannelModel, type GetMessage } from 'amqplib';
import type { ReceivedMessage } from '../../src/testing/contract.ts';
import type { RabbitServer } from './server.ts';

export class Inspector {
  readonly #model: ChannelModel;
  readonly channel: Channel;

  static async connect(server: RabbitServer, vhost = '/'): Promise<Inspector> {
    const { username, password } = server.users.admin;
    const at = { hostname: '127.0.0.1', port: server.port, vhost: encodeURIComponent(vhost) };
    const model = await amqplib.connect({ ...at, username, password });
    model.on('error', () => {}); // the server is killed now and then
    const channel = await model.createChannel();
    channel.on('error', () => {});
    return new Inspector(model, channel);
  }

  private constructor(model: ChannelModel, channel: Channel) {
    this.#model = model;
    this.channel = channel;
  }

  /** A durable queue with this name, bound to a durable exchange of type topic with the same name. */
  async pair(name: string, args: Record<string, unknown> = {}): Promise<void> {
    await this.channel.assertExchange(name, 'topic', { durable: true });
    await this.channel.assertQueue(name, { durable: true, arguments: args });
    await this.channel.bindQueue(name, name, '#');
  }

  /** The next message, which is gone then; undefined where there is none now. */
  async take(queue: string): Promise<GetMessage | undefined> {
    return (await this.channel.get(queue, { noAck: true })) || undefined;
  }

  /** Everything that is in the queue now. */
  async takeAll(queue: string): Promise<GetMessage[]> {
    const all: GetMessage[] = [];
    for (let next = await this.take(queue); next !== undefined; next = await this.take(queue)) all.push(next);
    return all;
  }

  async close(): Promise<void> {
    await this.#model.close().catch(() => {});
  }
}

/** A message as the producer had it; its own headers say what AMQP has no place for: docs/kinds/rabbitmq.md. */
export function received({ content, properties }: GetMessage): ReceivedMessage {
  const table = new Map(Object.entries((properties.headers ?? {}) as Record<string, unknown>));
  const key = table.get('outspool-key');
  const isTombstone = table.get('outspool-tombstone') === 'true';
  return {
    key: key === undefined ? null : bytes(key),
    value: isTombstone ? null : content,
    headers: pairs(table),
  };
}

function pairs(table: Map<string, unknown>): [string, Uint8Array | null][] {
  const lists = new Map([...table].map(([name, value]) => [name, [value].flat()]));
  const order = (table.get('outspool-header-order') as string[] | undefined) ?? [...table.keys()];
  return order.map((name) => [name, bytes(lists.get(name)?.shift())]);
}

const bytes = (value: unknown): Uint8Array | null =>
  value === null || value === undefined ? null : Buffer.isBuffer(value) ? value : Buffer.from(String(value));
