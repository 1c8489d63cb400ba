/** A short-lived client that sends no message: it connects, asks about topics, and ends. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaDriverOptions } from '../../driver.ts';
import type { Server } from '../../explain/servers.ts';
import { askLeaders, type EndOffset, type LedPartition } from '../../lanes/end-offsets.ts';
import { Ledger } from '../close/ledger.ts';
import { Client } from '../native/client.ts';
import { loadNative } from '../native/load.ts';
import { Connecting, setupTimeout } from '../send/connecting.ts';
import { EventPump } from '../send/events.ts';
import type { ThrottleEvent } from '../send/throttle-events.ts';
import type { AdminQuestion, DescribeFailure } from './admin-question.ts';
import { askSettings, type TopicSettings } from './describe-configs.ts';
import { askTopic, canDescribe, hasController, type TopicAnswer } from './describe-topic.ts';
import { OffsetsCall } from './offsets-call.ts';
import { describeByList } from './topic-list.ts';

const POLL_MS = 5;
const CLOSE_MS = 100;

export class Inquiry {
  readonly #client: Client;
  readonly #events: EventPump;
  readonly #connecting: Connecting;
  readonly #questions: AdminQuestion<unknown>[] = [];
  #listing: Promise<unknown> | undefined;

  /**
   * `ledger`: by which another thread ends the client, should this one die.
   * @throws ConfigError when librdkafka refuses the properties
   */
  constructor(options: KafkaDriverOptions, ledger = new Ledger(), native = loadNative(options.libraryPath)) {
    const properties = harmless({ ...setupTimeout(options), ...options.properties, ...options.topicProperties });
    this.#client = new Client(native, properties, ledger, () => this.#turn());
    try {
      this.#connecting = new Connecting(this.#client, options);
      this.#events = new EventPump(this.#client, {
        report: () => {},
        error: (code, text) => this.#connecting.error(code, text),
        log: (_level, text) => this.#connecting.log(text),
      });
    } catch (error) {
      void this.#client.close(0);
      throw error;
    }
  }

  /** Resolves when a broker has answered a client that has proved who it is. @throws ConnectError */
  async connected(signal: AbortSignal): Promise<void> {
    this.#turn();
    await this.#connecting.wait(signal);
  }

  /** What the broker says of the topic; undefined when it says nothing in time. */
  async describe(topic: string, end: number): Promise<TopicAnswer> {
    const timeoutMs = left(end);
    if (canDescribe(this.#client) && hasController(this.#client))
      return this.#answer(askTopic(this.#client, topic, timeoutMs), end);
    const listed = describeByList(this.#client, topic, timeoutMs);
    this.#listing = listed.catch(() => {});
    return listed;
  }

  /** The offsets after the last messages of partitions, as far as their leaders tell them in time. */
  async endOffsets(places: readonly LedPartition[], end: number): Promise<readonly EndOffset[]> {
    const { handle, native } = this.#client;
    const call = new OffsetsCall(native);
    const asked = askLeaders(places, (some, ms) => call.ask(handle, some, ms), { end, now: () => performance.now() });
    this.#listing = asked.catch(() => {});
    return asked;
  }

  /** The topic's own settings, as far as the broker tells them in time; it may not, for want of a permission. */
  async settings(topic: string, end: number): Promise<TopicSettings> {
    if (!hasController(this.#client)) return {};
    const answer = await this.#answer(askSettings(this.#client, topic, left(end)), end);
    return answer === undefined || 'code' in answer ? {} : answer;
  }

  async #answer<T>(question: AdminQuestion<T>, end: number): Promise<T | DescribeFailure | undefined> {
    this.#questions.push(question);
    for (;;) {
      const answer = question.poll();
      if (answer !== undefined || performance.now() > end || this.#client.closed) return answer;
      await sleep(POLL_MS);
    }
  }

  /** What a broker has asked of this client, which has sent no message: a quota of requests. */
  throttled(): ThrottleEvent | undefined {
    return this.#client.closed ? undefined : this.#client.native.throttles.take(this.#client.handle).at(-1);
  }

  /** What is wrong with a name that a broker gives itself and that is none of `ours`; only there can it be asked about topics. */
  advertised(ours: readonly Server[]): string | undefined {
    return this.#connecting.advertised(ours);
  }

  async close(): Promise<void> {
    // Its call holds the client, and ends by the deadline that it was given.
    await this.#listing;
    if (this.#client.closed) return;
    for (const question of this.#questions) question.close();
    this.#events.close();
    await this.#client.close(CLOSE_MS);
  }

  /** Few events come here: no turn is ever long. */
  #turn(): void {
    while (!this.#client.closed && this.#events.turn());
  }
}

const left = (end: number): number => Math.max(end - performance.now(), 1);

/** Asking must not fence a producer that runs, nor want more permissions than connecting does. */
function harmless(properties: Readonly<Record<string, string>>): Record<string, string> {
  const { 'transactional.id': _id, 'enable.gapless.guarantee': _gapless, ...rest } = properties;
  return { ...rest, 'enable.idempotence': 'false' };
}
