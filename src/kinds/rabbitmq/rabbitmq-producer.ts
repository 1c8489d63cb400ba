/** The RabbitMQ kind publishes batches on one channel, in the worker. A message is delivered when RabbitMQ confirms it. */

import type { ChannelModel } from 'amqplib';
import { BaseProducer } from '../../caller/base-producer.ts';
import type { CheckPlan } from '../../caller/check/check.ts';
import type { Destination } from '../../caller/telemetry/attributes.ts';
import type { Finding } from '../../config/report/findings.ts';
import { BackPressure } from '../../shared/back-pressure.ts';
import { demandsReset } from '../../shared/classify-error.ts';
import { fewLines } from '../../shared/log/limited-log.ts';
import type { Message } from '../../shared/message/message.ts';
import type { Batch } from '../../shared/transport.ts';
import { LinkedAbort } from '../../shared/util/abort.ts';
import { orUndo } from '../../shared/util/or-undo.ts';
import { inspectPackage } from '../common/optional-package.ts';
import { singleBatch } from '../common/single-batch.ts';
import { inspectTlsFiles } from '../common/tls-files.ts';
import { Addressing } from './addressing.ts';
import { checkPlan } from './check.ts';
import { connect } from './connect.ts';
import { denied, ExplainedError, explained, missing } from './diagnosis.ts';
import { permissionAt } from './permission.ts';
import { ChannelPace } from './publish/channel-pace.ts';
import { Returns } from './publish/returns.ts';
import { ACCESS_REFUSED, codeIn, endError } from './replies.ts';
import { type RabbitmqConfig, RabbitmqProducerConfig } from './schema.ts';
import { serverOf } from './server.ts';
import { Session } from './session.ts';
import { missingOf, partsOf } from './topology.ts';

/** Time, in ms, for closing the connection. During a shutdown the deadline is shorter. */
const CLOSE_TIMEOUT_MS = 2000;
const BATCHES_IN_FLIGHT = 16;
/** Share of the connect timeout after which a server counts as silent. The rest of the time is for reporting that. */
const OWN_WORDS = 0.8;

export class RabbitmqProducer extends BaseProducer<typeof RabbitmqProducerConfig> {
  static override readonly module: string = import.meta.url;
  static override readonly config = RabbitmqProducerConfig;

  static override inspect(config: Readonly<Record<string, unknown>>): readonly Finding[] {
    return [...inspectPackage('rabbitmq', 'amqplib'), ...inspectTlsFiles(config)];
  }

  /** Names messages by exchange and routing key, as the conventions for RabbitMQ have it. */
  static override destination(config: unknown): Destination {
    const addressing = new Addressing(config as RabbitmqConfig);
    return { ...BaseProducer.destination(config), name: (topic, isError) => addressing.nameOf(topic, isError) };
  }

  /** Several batches may be in flight, because a channel keeps the order in which messages are published. */
  readonly batchesInFlight = BATCHES_IN_FLIGHT;
  readonly #backPressure = new BackPressure({
    log: this.log,
    begins: 'RabbitMQ takes no messages for now: all wait, none is charged',
    ends: 'RabbitMQ takes messages again',
    tell: this.tellThrottled,
  });
  readonly #fewLines = fewLines(this.log);
  readonly #pace = new ChannelPace();
  #session: Session | undefined;
  /** `in doubt` after RabbitMQ refused to let this user publish. The next connection then asks for the permission first. */
  #permission: 'presumed' | 'in doubt' = 'presumed';

  protected override checkPlan(): CheckPlan {
    return checkPlan(this.config);
  }

  async _connect(signal: AbortSignal): Promise<void> {
    const { config } = this;
    const server = serverOf(config);
    const cut = new LinkedAbort(signal);
    const silence = setTimeout(() => cut.abort(), config.connect_timeout_seconds * 1000 * OWN_WORDS);
    try {
      const model = await connect(config, cut.signal);
      this.#session = orUndo(
        () => this.#sessionOn(model, cut),
        () => cut.abort(),
      );
      const lacking = await missingOf(model, partsOf(config));
      if (lacking !== undefined) throw new ExplainedError(missing(lacking, server, config.declare));
      if (this.#permission === 'in doubt') await this.#askPermission(model, cut.signal);
    } catch (error) {
      throw await explained(error, server);
    } finally {
      clearTimeout(silence);
      cut.release();
    }
  }

  /** Asks again for a refused permission, because permissions cannot be looked up. @throws ExplainedError while it is refused */
  async #askPermission(model: ChannelModel, signal: AbortSignal): Promise<void> {
    const addresses = this.#addressing.samples(this.config.topic ?? this.config.name);
    const isRefusal = (error: Error) => this.#isOutage(error);
    const permission = await permissionAt(model, { addresses, isRefusal }, signal);
    if (typeof permission === 'object') throw new ExplainedError(denied(permission.refused, permission.address));
    if (permission === 'granted') this.#permission = 'presumed';
  }

  #isOutage(refused: Error): boolean {
    return demandsReset(endError('channel', refused, this.#addressing.configured));
  }

  get #addressing(): Addressing {
    return new Addressing(this.config);
  }

  #sessionOn(model: ChannelModel, cut: LinkedAbort): Session {
    const { config } = this;
    const addressing = this.#addressing;
    return new Session(model, {
      log: this.#fewLines,
      settings: config,
      addressing,
      returns: new Returns(model, config, addressing),
      pace: this.#pace,
      refused: (error) => {
        if (codeIn(error) === ACCESS_REFUSED) this.#permission = 'in doubt';
      },
      server: serverOf(config).name,
      backPressure: this.#backPressure,
      cut: () => cut.abort(),
    });
  }

  override async _sendBatch(batch: Batch): Promise<void> {
    await this.#session?.send(batch);
  }

  async _send(isError: boolean, message: Message, signal: AbortSignal): Promise<void> {
    await singleBatch(message, { isError, signal }, (batch) => this._sendBatch(batch));
  }

  _interrupt(): void {
    this.#session?.recall();
  }

  get _spent(): boolean {
    return this.#session?.spent ?? false;
  }

  get _heldUpMs(): number {
    return this.#backPressure.ms;
  }

  async _close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close(CLOSE_TIMEOUT_MS);
  }
}
