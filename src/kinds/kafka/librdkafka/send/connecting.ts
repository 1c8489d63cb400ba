/** Waiting for the first answer of a broker, and for the reason why there is none. */

import { ConnectError } from '../../../../shared/errors.ts';
import type { KafkaDriverOptions } from '../../driver.ts';
import { ALL_BROKERS_DOWN } from '../../errors/errors.ts';
import { diagnose } from '../../explain/diagnosis.ts';
import { explain, Hearsay, LOOK_MS } from '../../explain/explain.ts';
import type { Server } from '../../explain/servers.ts';
import type { Client } from '../native/client.ts';

const POLL_MS = 5;
/**
 * How long after "all brokers are down" a connection may still come: of a name with two addresses (localhost) the
 * first may be refused, and librdkafka tries the next one after a back-off of about 100 ms.
 */
const GRACE_MS = 400;
/** The reason must be there before the caller's own deadline, or nobody hears it. */
const MARGIN_MS = 100;

/** librdkafka takes no less. */
const LEAST_SETUP_MS = 1000;

/**
 * Has librdkafka itself say which server does not answer, in time for the explanation: of one with a name it is the only
 * witness, because a name that does not resolve is not looked up again (explain.ts).
 */
export function setupTimeout({ connectTimeoutMs }: KafkaDriverOptions): Record<string, string> {
  if (connectTimeoutMs === undefined) return {};
  const ms = Math.max(connectTimeoutMs - MARGIN_MS - LOOK_MS - GRACE_MS, LEAST_SETUP_MS);
  return { 'socket.connection.setup.timeout.ms': String(Math.floor(ms)) };
}

export class Connecting {
  readonly #client: Client;
  readonly #options: KafkaDriverOptions;
  readonly #end: number;
  readonly #hearsay = new Hearsay();
  #downSince: number | undefined;
  #over = false;

  constructor(client: Client, options: KafkaDriverOptions) {
    const { connectTimeoutMs = Number.POSITIVE_INFINITY } = options;
    this.#client = client;
    this.#options = options;
    this.#end = performance.now() + Math.max(connectTimeoutMs - MARGIN_MS, connectTimeoutMs / 2);
  }

  /** Whether what librdkafka says is about an attempt that will be explained at its end. */
  get pending(): boolean {
    return !this.#over;
  }

  /** Takes librdkafka's error events while it tries to connect. */
  error(code: number, text: string): void {
    if (code === ALL_BROKERS_DOWN) this.#downSince ??= performance.now();
    else this.log(text);
  }

  /** Takes the lines of its log: of a connection that was merely closed, nothing else tells. */
  log(line: string): void {
    this.#hearsay.hear(line);
  }

  /** What is wrong with a name that a broker gives itself, if anything was said of one that is none of `ours`. */
  advertised(ours: readonly Server[]): string | undefined {
    const [line] = this.#hearsay.ofOthers(ours);
    return line === undefined ? undefined : (diagnose(line)?.problem ?? line);
  }

  /** Resolves when a broker has answered. @throws ConnectError that says what is wrong and what to do about it */
  async wait(signal: AbortSignal): Promise<void> {
    // `close` may come while we wait, and takes the native client away.
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
    return now > this.#end - this.#lookMs;
  }

  /** The look at a server that says nothing has its share of the time. */
  get #lookMs(): number {
    return Math.min(LOOK_MS, (this.#options.connectTimeoutMs ?? LOOK_MS) / 4);
  }

  async #failure(signal: AbortSignal): Promise<ConnectError> {
    const end = signal.aborted ? 0 : Math.min(performance.now() + LOOK_MS, this.#end);
    return explain(this.#hearsay, this.#options.properties, end);
  }
}
