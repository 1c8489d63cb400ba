/**
 * Publishes everything through the one channel of a connection, because RabbitMQ keeps order within a channel.
 *
 * The first batch opens the channel, and a later batch opens a new one after it was closed. A new channel is used only after the
 * old one is closed on both sides. Otherwise messages still on the old one would arrive behind those that are retried.
 */

import type { ConfirmChannel } from 'amqplib';
import { asError, PermanentSendError } from '../../../shared/errors.ts';
import { StateMachine } from '../../../shared/lifecycle.ts';
import type { Message } from '../../../shared/message/message.ts';
import type { Batch } from '../../../shared/transport.ts';
import { systemClock } from '../../../shared/util/clock.ts';
import { deferred } from '../../../shared/util/deferred.ts';
import { within } from '../../../shared/util/within.ts';
import type { Address, Addressing } from '../addressing.ts';
import { type Confirmation, onConfirmed } from '../channel.ts';
import { endError, type Returned } from '../replies.ts';
import { Confirms } from './confirms.ts';
import { Outgoing } from './outgoing.ts';
import { bodyOf, type MessageSettings, propertiesOf } from './publishing.ts';
import type { Returns } from './returns.ts';

type ChannelState = 'closed' | 'opening' | 'open' | 'recalling' | 'dead';

const CHANNEL_STATES: { readonly [state in ChannelState]: readonly ChannelState[] } = {
  closed: ['opening', 'dead'],
  opening: ['open', 'dead'],
  open: ['recalling', 'closed', 'dead'],
  /** Publishes nothing, and waits for the unconfirmed messages. They are abandoned with the channel if they take too long. */
  recalling: ['open', 'closed', 'dead'],
  /** The connection is closed. */
  dead: [],
};

const LAST_CONFIRMS_MS = 1000;
/** Time, in ms, for RabbitMQ to answer that the channel is closed. */
const CLOSE_MS = 2000;

export interface PublisherContext {
  readonly settings: MessageSettings & { readonly max_in_flight: number };
  readonly addressing: Addressing;
  readonly returns: Pick<Returns, 'errorOf'>;
  /** Whether RabbitMQ has asked the client to send nothing. */
  readonly heldUp: boolean;
  openChannel(): Promise<ConfirmChannel>;
  /** Called when RabbitMQ has closed the channel. */
  refused(error: Error): void;
  /** Called when the connection cannot be used any more. */
  lost(error: Error): void;
}

export class Publisher {
  readonly #context: PublisherContext;
  readonly #states = new StateMachine<ChannelState>(CHANNEL_STATES, 'closed');
  readonly #waiting: Outgoing[] = [];
  #channel: ConfirmChannel | undefined;
  #confirms = new Confirms();
  /** Whether amqplib's write buffer is full; its event `drain` ends this. */
  #isBufferFull = false;
  /** Resolved when there are no confirmations left to wait for, because all have come or none will. */
  #quiet = deferred();

  constructor(context: PublisherContext) {
    this.#context = context;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#confirms.size === 0;
  }

  /** Publishes the batch after those before it. Resolves when no message of it is in flight. */
  send(batch: Batch): Promise<void> {
    const outgoing = new Outgoing(batch);
    this.#waiting.push(outgoing);
    if (this.#states.is('dead')) this.#failWaiting(new Error('it is gone'));
    else this.pump();
    return outgoing.ended;
  }

  /** Publishes as many messages as the limits allow. */
  pump(): void {
    if (this.#waiting.length > 0 && this.#states.is('closed')) void this.#openChannel();
    while (this.#mayPublish()) {
      const outgoing = this.#waiting[0] as Outgoing;
      const index = outgoing.next();
      if (index !== undefined) this.#publish(outgoing, index);
      else this.#waiting.shift()?.close();
    }
  }

  #mayPublish(): boolean {
    const { settings, heldUp } = this.#context;
    const hasRoom = !this.#isBufferFull && this.#confirms.size < settings.max_in_flight;
    return this.#waiting.length > 0 && hasRoom && !heldUp && this.#states.is('open');
  }

  /** Stops publishing, and returns the messages that are not confirmed within `waitMs` to the delivery loop. */
  recall(waitMs = LAST_CONFIRMS_MS): void {
    this.#closeWaiting();
    if (this.#states.is('open') && this.#confirms.size > 0) void this.#recallUnconfirmed(waitMs);
  }

  /** Ends the publisher with its connection. */
  end(error: Error): void {
    if (this.#states.is('dead')) return;
    this.#states.transition('dead');
    this.#channel = undefined;
    if (this.#confirms.size > 0) this.#confirms.failed('connection', error, this.#configured);
    else this.#failWaiting(error);
    this.#closeWaiting();
    this.#giveBack();
  }

  get #configured(): readonly Address[] {
    return this.#context.addressing.configured;
  }

  #publish(outgoing: Outgoing, index: number): void {
    const message = outgoing.batch.message(index);
    try {
      const address = this.#context.addressing.of(message);
      this.#isBufferFull = !this.#handOver(message, address);
      this.#confirms.published({ outgoing, index, id: message.id, address });
    } catch (error) {
      this.#notPublished(outgoing, index, asError(error));
    }
  }

  #handOver(message: Message, { exchange, routingKey }: Address): boolean {
    const properties = propertiesOf(message, this.#context.settings);
    return (this.#channel as ConfirmChannel).publish(exchange, routingKey, bodyOf(message), properties);
  }

  /** Fails a message that amqplib refused to write, because AMQP cannot express it (a header name of 300 bytes). */
  #notPublished(outgoing: Outgoing, index: number, error: Error): void {
    if (error.name === 'IllegalOperationError') this.#context.lost(error);
    else if (error instanceof PermanentSendError) outgoing.failed(index, error);
    else
      outgoing.failed(
        index,
        new PermanentSendError(`AMQP cannot say this message: ${error.message}`, { cause: error }),
      );
  }

  async #openChannel(): Promise<void> {
    this.#states.transition('opening');
    try {
      const channel = await this.#context.openChannel();
      if (this.#states.is('dead')) return;
      this.#listen(channel);
      this.#states.transition('open');
      this.pump();
    } catch (error) {
      this.#context.lost(asError(error));
    }
  }

  #listen(channel: ConfirmChannel): void {
    this.#channel = channel;
    this.#confirms = new Confirms();
    this.#isBufferFull = false;
    onConfirmed(channel, (confirmation) => this.#confirmed(confirmation));
    channel.on('return', ({ fields, properties }) => this.#returned(properties.messageId, fields as never));
    channel.on('error', (error) => this.#refused(error));
    channel.on('drain', () => {
      this.#isBufferFull = false;
      this.pump();
    });
  }

  /** Returns whether it was news. An unknown tag ends the connection, because the tags of its server mean nothing. */
  #confirmed(confirmation: Confirmation): boolean {
    const was = this.#confirms.confirmed(confirmation);
    if (was === 'unknown') this.#context.lost(new Error('a message was confirmed that was not sent'));
    else if (was === 'new') this.#settle();
    return was === 'new';
  }

  #settle(): void {
    const heard = this.#confirms.settle();
    if (heard === 'refused') {
      this.recall(0);
      this.#quiet.resolve();
    } else {
      if (this.#confirms.size === 0) this.#quiet.resolve();
      this.pump();
    }
  }

  /** Records a returned message. An unknown one ends the connection, because its confirmation would count for another one. */
  #returned(id: unknown, reply: Returned): void {
    const why = this.#context.returns.errorOf(reply);
    const isKnown = this.#confirms.returned(id, why instanceof Promise ? 'asked' : why);
    if (!isKnown) this.#context.lost(new Error('a message came back that was not sent'));
    else if (why instanceof Promise) void this.#answered(this.#confirms, id, why);
  }

  async #answered(confirms: Confirms, id: unknown, why: Promise<Error>): Promise<void> {
    confirms.answered(id, await why);
    if (confirms === this.#confirms && this.#channel !== undefined) this.#settle();
  }

  /** Called when RabbitMQ has closed the channel because of one of its messages. */
  #refused(error: Error): void {
    this.#confirms.failed('channel', error, this.#configured);
    this.#context.refused(error);
    this.#closeWaiting();
    this.#closed();
  }

  async #recallUnconfirmed(waitMs: number): Promise<void> {
    this.#states.transition('recalling');
    this.#quiet = deferred();
    const channel = this.#channel as ConfirmChannel;
    if (waitMs > 0) await within(this.#quiet.promise, waitMs, { clock: systemClock });
    if (!this.#states.is('recalling')) return;
    if (this.#confirms.size > 0) await this.#giveUp(channel);
    else this.#states.transition('open');
    this.pump();
  }

  async #giveUp(channel: ConfirmChannel): Promise<void> {
    try {
      if ((await within(channel.close(), CLOSE_MS, { clock: systemClock })) === 'late')
        throw new Error('it does not answer');
      if (this.#states.is('recalling')) this.#closed();
    } catch (error) {
      this.#context.lost(asError(error));
    }
  }

  /** Leaves the closed channel. Batches that arrived meanwhile wait for the next one. */
  #closed(): void {
    this.#states.transition('closed');
    this.#channel = undefined;
    this.#giveBack();
  }

  #giveBack(): void {
    this.#confirms.giveBack();
    this.#quiet.resolve();
  }

  #closeWaiting(): void {
    for (const outgoing of this.#waiting.splice(0)) outgoing.close();
  }

  #failWaiting(error: Error): void {
    const [first] = this.#waiting;
    const index = first?.next();
    if (index !== undefined) first?.failed(index, endError('connection', error, this.#configured));
    this.#closeWaiting();
  }
}
