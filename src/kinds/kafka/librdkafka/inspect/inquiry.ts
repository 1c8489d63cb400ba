/** A short-lived client that sends no message. It connects, asks about topics, and closes. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaDriverOptions } from '../../driver.ts';
import type { Server } from '../../explain/servers.ts';
import { askLeaders, type EndOffset, type LedPartition } from '../../partitions/end-offsets.ts';
import { Ledger } from '../close/ledger.ts';
import { Client } from '../native/client.ts';
import { loadNative } from '../native/load.ts';
import { Connecting, setupTimeout } from '../send/connecting.ts';
import { EventPump } from '../send/events.ts';
import type { ThrottleEvent } from '../send/throttle-events.ts';
import type { AdminQuestion, DescribeFailure } from './admin-question.ts';
import { ClusterDescription, type MemberIds } from './describe-cluster.ts';
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
  readonly #description: ClusterDescription;
  readonly #questions: AdminQuestion<unknown>[] = [];
  #listing: Promise<unknown> | undefined;

  /**
   * `ledger`: through it another thread closes the client, should this thread die.
   * @throws ConfigError when librdkafka refuses the properties
   */
  constructor(options: KafkaDriverOptions, ledger = new Ledger(), native = loadNative(options.libraryPath)) {
    const properties = harmless({ ...setupTimeout(options), ...options.properties, ...options.topicProperties });
    this.#client = new Client(native, properties, ledger, () => this.#turn());
    try {
      this.#connecting = new Connecting(this.#client, options);
      this.#description = new ClusterDescription(this.#client);
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

  /** Resolves when a broker has answered this client after authentication. @throws ConnectError */
  async connected(signal: AbortSignal): Promise<void> {
    this.#turn();
    await this.#connecting.wait(signal);
  }

  /** Resolves with the broker's description of the topic; undefined when the broker does not answer in time. */
  async describe(topic: string, end: number): Promise<TopicAnswer> {
    const timeoutMs = left(end);
    if (canDescribe(this.#client) && hasController(this.#client))
      return this.#answer(askTopic(this.#client, topic, timeoutMs), end);
    const listed = describeByList(this.#client, topic, timeoutMs);
    this.#listing = listed.catch(() => {});
    return listed;
  }

  /** Resolves with the brokers that `brokers` name. Rejects where none of them answers. */
  members(brokers: readonly number[], timeoutMs: number): Promise<MemberIds> {
    const asked = this.#description.members(brokers, timeoutMs);
    this.#listing = Promise.all([this.#listing, asked.catch(() => {})]).then(() => {});
    return asked;
  }

  /** Resolves with the end offsets of partitions, as far as their leaders answer in time. */
  async endOffsets(places: readonly LedPartition[], end: number): Promise<readonly EndOffset[]> {
    const { handle, native } = this.#client;
    const call = new OffsetsCall(native);
    const asked = askLeaders(places, (some, ms) => call.ask(handle, some, ms), { end, now: () => performance.now() });
    this.#listing = asked.catch(() => {});
    return asked;
  }

  /** Resolves with the topic's own settings, as far as the broker reports them in time. It may not, for want of a permission. */
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

  /** The last pause that a broker has asked this client for. As the client has sent no message, that is a quota of requests. */
  throttled(): ThrottleEvent | undefined {
    return this.#client.closed ? undefined : this.#client.native.throttles.take(this.#client.handle).at(-1);
  }

  /** Describes the problem with a broker's advertised name, by which alone it can be asked about topics. */
  advertised(ours: readonly Server[]): string | undefined {
    return this.#connecting.advertised(ours);
  }

  async close(): Promise<void> {
    // The call holds the client, and returns by the deadline that it was given.
    await this.#listing;
    if (this.#client.closed) return;
    for (const question of this.#questions) question.close();
    this.#events.close();
    await this.#client.close(CLOSE_MS);
  }

  /** Reads all events at once, because there are few. */
  #turn(): void {
    while (!this.#client.closed && this.#events.turn());
  }
}

const left = (end: number): number => Math.max(end - performance.now(), 1);

/** Removes properties by which a question could fence a running producer, or need more permissions than connecting does. */
function harmless(properties: Readonly<Record<string, string>>): Record<string, string> {
  const { 'transactional.id': _id, 'enable.gapless.guarantee': _gapless, ...rest } = properties;
  return { ...rest, 'enable.idempotence': 'false' };
}
