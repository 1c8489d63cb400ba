/** The HTTP kind sends requests of one message or several, one after the other unless `ordered: false`. It runs in the worker. */

import { BaseProducer } from '../../caller/base-producer.ts';
import type { CheckPlan } from '../../caller/check/check.ts';
import type { Finding } from '../../config/report/findings.ts';
import { parseDuration } from '../../config/schema/duration.ts';
import { parseSize } from '../../config/schema/size.ts';
import { ConnectError } from '../../shared/errors.ts';
import type { Message } from '../../shared/message/message.ts';
import type { Batch } from '../../shared/transport.ts';
import { completed } from '../common/needs.ts';
import { inspectPackage } from '../common/optional-package.ts';
import { singleBatch } from '../common/single-batch.ts';
import { inspectTlsFiles } from '../common/tls-files.ts';
import { verdict } from './answer.ts';
import { checkPlan } from './check.ts';
import { HttpClient, requestTimeoutMs } from './client.ts';
import { Encoder, type HttpRequest } from './encoder.ts';
import { needsOf } from './needs.ts';
import { type Limits, Run } from './run.ts';
import { HttpProducerConfig } from './schema.ts';

/** Number of batches from which a request may gather messages that came one by one. */
const BATCHES_IN_FLIGHT = 16;
const MS = 1000;

export class HttpProducer extends BaseProducer<typeof HttpProducerConfig> {
  static override readonly module: string = import.meta.url;
  static override readonly config = HttpProducerConfig;

  static override inspect(config: Readonly<Record<string, unknown>>): readonly Finding[] {
    return [...inspectPackage('http', 'undici'), ...inspectTlsFiles(config)];
  }

  readonly #made = new Map<string, number>();
  #encoder: Encoder | undefined;
  #client: HttpClient | undefined;
  #run: Run | undefined;

  /** Is 1 where requests go one after the other and each carries one message, because further batches would only wait. */
  get batchesInFlight(): number {
    const { batch, max_in_flight } = this.config;
    return batch === undefined && max_in_flight === 1 ? 1 : BATCHES_IN_FLIGHT;
  }

  get #limits(): Limits {
    const { batch, max_in_flight: maxInFlight } = this.config;
    if (batch === undefined) return { maxMessages: 1, maxBytes: 0, lingerMs: 0, maxInFlight };
    return {
      maxMessages: batch.max_messages,
      maxBytes: parseSize(batch.max_bytes),
      lingerMs: parseDuration(batch.linger),
      maxInFlight,
    };
  }

  async _connect(signal: AbortSignal): Promise<void> {
    const { config } = this;
    this.#encoder ??= new Encoder(config);
    const client = await HttpClient.open(
      {
        config,
        origin: this.#encoder.origin,
        connectTimeoutMs: config.connect_timeout_seconds * MS,
        requestTimeoutMs: requestTimeoutMs(config),
      },
      signal,
    );
    // The delivery loop has abandoned this attempt, and would never close the client.
    if (signal.aborted) return client.close();
    this.#client = client;
  }

  override async _sendBatch(batch: Batch): Promise<void> {
    const encoder = this.#encoder;
    if (encoder === undefined) throw new ConnectError('there is no connection');
    if (this.#run?.signal !== batch.signal) {
      const context = { encoder, limits: this.#limits, made: this.#made, exchange: this.#exchange };
      this.#run = new Run(context, batch.signal);
    }
    await this.#run.add(batch);
  }

  readonly #exchange = async (request: HttpRequest, messages: number, signal: AbortSignal): Promise<void> => {
    const client = this.#client;
    if (client === undefined) throw new ConnectError('there is no connection');
    const answer = await client.request(request, signal);
    const error = verdict(answer, this.config.retry_on, { origin: this.#encoder?.origin ?? '', messages });
    if (error !== undefined) throw error;
  };

  async _send(isError: boolean, message: Message, signal: AbortSignal): Promise<void> {
    await singleBatch(message, { isError, signal }, (batch) => this._sendBatch(batch));
  }

  /** Checks with a HEAD request, which has no side effects, at the configured path where that is the same for all messages. */
  protected override checkPlan(): CheckPlan {
    const encoder = new Encoder(this.config);
    const plan = checkPlan({ config: this.config, origin: encoder.origin, request: encoder.harmless() });
    return { ...plan, complete: (message) => completed(message, needsOf(this.config, false), 'outspool-check') };
  }

  async _close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }
}
