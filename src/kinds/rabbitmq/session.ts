/** One connection: its life, its back-pressure, and its publisher. */

import type { ChannelModel, ConfirmChannel } from 'amqplib';
import type { BackPressure } from '../../shared/back-pressure.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Batch } from '../../shared/transport.ts';
import { systemClock } from '../../shared/util/clock.ts';
import { deferred } from '../../shared/util/deferred.ts';
import { within } from '../../shared/util/within.ts';
import { Heartbeat } from './heartbeat.ts';
import type { ChannelPace } from './publish/channel-pace.ts';
import { Publisher, type PublisherContext } from './publish/publisher.ts';
import { serverText } from './replies.ts';

export interface SessionContext extends Pick<PublisherContext, 'settings' | 'addressing' | 'returns' | 'refused'> {
  readonly pace: ChannelPace;
  /** Name of the server, for the log line about back-pressure. */
  readonly server: string;
  readonly backPressure: BackPressure;
  readonly log: Logger;
  /** Ends the connection at once, without the closing handshake. */
  cut(): void;
}

export class Session {
  readonly #model: ChannelModel;
  readonly #context: SessionContext;
  readonly #publisher: Publisher;
  readonly #gone = deferred();
  readonly #heartbeat: Heartbeat;
  /** Why the connection ended or is being closed. Undefined while it is open. */
  #end: Error | undefined;

  constructor(model: ChannelModel, context: SessionContext) {
    const { settings, addressing, returns, backPressure, server } = context;
    this.#model = model;
    this.#context = context;
    this.#publisher = new Publisher({
      settings,
      addressing,
      returns,
      refused: (error) => context.refused(error),
      get heldUp() {
        return backPressure.leftMs > 0;
      },
      openChannel: () => this.#openChannel(),
      lost: (error) => this.#lost(error),
    });
    this.#heartbeat = new Heartbeat(model, () => this.#lost(new Error('Heartbeat timeout')));
    model.on('error', (error) => this.#lost(error));
    model.on('close', (error) => this.#lost(error ?? new Error('it was closed')));
    model.on('blocked', (reason) => backPressure.begin({ broker: server, reason }));
    model.on('unblocked', () => {
      backPressure.end();
      this.#publisher.pump();
    });
  }

  async #openChannel(): Promise<ConfirmChannel> {
    await this.#context.pace.turn();
    const channel = await this.#model.createConfirmChannel();
    // Back-pressure of an earlier connection is over when RabbitMQ confirms a message on this one.
    channel.once('ack', () => this.#context.backPressure.works());
    return channel;
  }

  /** Whether the connection has ended. */
  get spent(): boolean {
    return this.#end !== undefined;
  }

  send(batch: Batch): Promise<void> {
    return this.#publisher.send(batch);
  }

  recall(): void {
    this.#publisher.recall();
  }

  /** Closes the connection with a handshake, and ends it by the deadline whatever the server answers. */
  async close(deadlineMs: number): Promise<void> {
    if (this.spent) return;
    // From here on the end of the connection is expected and not logged.
    this.#end = new Error('it was closed');
    // amqplib's promise stays pending when the socket ends before the handshake.
    const goodbye = Promise.race([this.#model.close(), this.#gone.promise]);
    await within(goodbye, deadlineMs, { clock: systemClock }).catch(() => {});
    this.#finish(this.#end);
  }

  #lost(error: Error): void {
    this.#gone.resolve();
    if (this.spent) return;
    this.#end = error;
    // With messages in flight the delivery loop logs it.
    if (this.#publisher.isIdle)
      this.#context.log.warn({ err: serverText(error.message) }, 'the connection to RabbitMQ was lost');
    this.#finish(error);
  }

  #finish(error: Error): void {
    this.#heartbeat.stop();
    this.#context.backPressure.lost();
    this.#publisher.end(error);
    this.#context.cut();
  }
}
