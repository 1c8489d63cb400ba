/** amqplib's channel as far as a publisher sees it: notes what is published, and lets a test say what RabbitMQ says. */

import { EventEmitter } from 'node:events';
import type { ConfirmChannel, Options } from 'amqplib';

export interface Published {
  readonly routingKey: string;
  readonly content: string;
  readonly messageId: string;
}

export class FakeChannel extends EventEmitter {
  readonly published: Published[] = [];
  /** Whether `close` is answered. */
  answers = true;
  /** What `publish` returns: whether there is room for more. */
  room = true;
  closed = false;
  /** Delivery tags of which amqplib itself has heard. */
  readonly heard: number[] = [];

  constructor() {
    super();
    for (const event of ['ack', 'nack'])
      this.on(event, ({ deliveryTag }: { deliveryTag: number }) => this.heard.push(deliveryTag));
  }

  /** As its client sees it. */
  get channel(): ConfirmChannel {
    return this as unknown as ConfirmChannel;
  }

  publish(_exchange: string, routingKey: string, content: Buffer, { messageId = '' }: Options.Publish): boolean {
    if (routingKey === 'unspeakable') throw new RangeError('what AMQP cannot say');
    this.published.push({ routingKey, content: String(content), messageId });
    return this.room;
  }

  async close(): Promise<void> {
    this.closed = true;
    if (!this.answers) await new Promise(() => {});
  }

  ack(deliveryTag: number, multiple = false): void {
    this.emit('ack', { deliveryTag, multiple });
  }

  nack(deliveryTag: number, multiple = false): void {
    this.emit('nack', { deliveryTag, multiple });
  }

  return(messageId: string, routingKey = 'k'): void {
    const fields = { replyCode: 312, replyText: 'NO_ROUTE', exchange: 'x', routingKey };
    this.emit('return', { fields, properties: { messageId } });
  }

  /** RabbitMQ closes the channel. */
  refuse(code: number, why = 'because'): void {
    const text = `Channel closed by server: ${code} (WHY) with message "WHY - ${why}"`;
    this.emit('error', Object.assign(new Error(text), { code }));
  }
}
