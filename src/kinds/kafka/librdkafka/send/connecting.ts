/** Waits for the first answer of a broker, or for the reason why there is none. */

import { ConnectError } from '../../../../shared/errors.ts';
import type { KafkaDriverOptions } from '../../driver.ts';
import { ALL_BROKERS_DOWN } from '../../errors/errors.ts';
import { diagnose } from '../../explain/diagnosis.ts';
import { explain, Hearsay, PROBE_MS } from '../../explain/explain.ts';
import type { Server } from '../../explain/servers.ts';
import type { Client } from '../native/client.ts';

const POLL_MS = 5;
/** Time in ms after "all brokers are down" for a second address of a name (localhost), which librdkafka tries after 100 ms. */
const GRACE_MS = 400;
/** Time in ms before the caller's own deadline at which the reason must be known. Later it would be lost. */
const MARGIN_MS = 100;

export type ConnectingOptions = Pick<KafkaDriverOptions, 'properties' | 'connectTimeoutMs'>;

/** The minimum that librdkafka accepts. */
const LEAST_SETUP_MS = 1000;

/** Makes librdkafka log in time which server does not answer. For one with a name, that line is the only source. */
export function setupTimeout({ connectTimeoutMs }: ConnectingOptions): Record<string, string> {
  if (connectTimeoutMs === undefined) return {};
  const ms = Math.max(connectTimeoutMs - MARGIN_MS - PROBE_MS - GRACE_MS, LEAST_SETUP_MS);
  return { 'socket.connection.setup.timeout.ms': String(Math.floor(ms)) };
}

export class Connecting {
  readonly #client: Client;
  readonly #options: ConnectingOptions;
  readonly #end: number;
  readonly #hearsay = new Hearsay();
  #downSince: number | undefined;
  #over = false;

  constructor(client: Client, options: ConnectingOptions) {
    const { connectTimeoutMs = Number.POSITIVE_INFINITY } = options;
    this.#client = client;
    this.#options = options;
    this.#end = performance.now() + Math.max(connectTimeoutMs - MARGIN_MS, connectTimeoutMs / 2);
  }

  /** Whether librdkafka's lines belong to an attempt that will be explained at its end. */
  get pending(): boolean {
    return !this.#over;
  }

  /** Takes librdkafka's error events while it tries to connect. */
  error(code: number, text: string): void {
    if (code === ALL_BROKERS_DOWN) this.#downSince ??= performance.now();
    else this.log(text);
  }

  /** Takes the lines of librdkafka's log. A connection that was merely closed appears nowhere else. */
  log(line: string): void {
    this.#hearsay.hear(line);
  }

  /** Describes the problem with a broker's advertised name, if librdkafka reported one that is not one of `ours`. */
  advertised(ours: readonly Server[]): string | undefined {
    const [line] = this.#hearsay.ofOthers(ours);
    return line === undefined ? undefined : (diagnose(line)?.problem ?? line);
  }

  /** Resolves when a broker has answered. @throws ConnectError with the reason and what to do about it */
  async wait(signal: AbortSignal): Promise<void> {
    // `close` may come in the meantime, and ends the native client.
    while (!this.#client.closed && !this.#client.answered()) {
      if (signal.aborted || this.#isHopeless()) throw await this.#failure(signal);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    if (this.#client.closed) throw new ConnectError('closed while it was connecting');
    this.#over = true;
  }

  #isHopeless(): boolean {
    const now = performance.now();
    if (this.#downSince !== undefined && now - this.#downSince > GRACE_MS) return true;
    return now > this.#end - this.#probeMs;
  }

  /** The probe of a silent server takes at most a quarter of the time. */
  get #probeMs(): number {
    return Math.min(PROBE_MS, (this.#options.connectTimeoutMs ?? PROBE_MS) / 4);
  }

  async #failure(signal: AbortSignal): Promise<ConnectError> {
    const end = signal.aborted ? 0 : Math.min(performance.now() + PROBE_MS, this.#end);
    return explain(this.#hearsay, this.#options.properties, end);
  }
}
