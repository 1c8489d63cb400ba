/** A Kafka cluster inside the process, for tests, for smoke runs without a broker, and for provoking failures. */

import { assertNames } from '../caller/known-options.ts';
import { API, MockCluster } from '../kinds/kafka/librdkafka/mock/mock.ts';
import { loadNative } from '../kinds/kafka/librdkafka/native/load.ts';

const USER = { user: 'the embedded Kafka cluster' };

export interface EmbeddedKafkaOptions {
  /** @default 1 */
  readonly brokers?: number;
  /** Topics to create, with their number of partitions. Other topics are created at first use, with 4 partitions. */
  readonly topics?: Readonly<Record<string, number>>;
  /** Path of librdkafka. @default the one that the Kafka driver finds */
  readonly libraryPath?: string;
}

const OPTIONS = ['brokers', 'topics', 'libraryPath'] as const satisfies readonly (keyof EmbeddedKafkaOptions)[];

/**
 * librdkafka's mock cluster. It has real sockets on 127.0.0.1, idempotence and transactions, but no TLS, no SASL and no admin
 * requests. Each partition keeps its last 5 MiB or 100 000 message sets. Brokers are numbered from 1.
 */
export class EmbeddedKafka implements AsyncDisposable {
  readonly bootstrapServers: string;
  readonly #cluster: MockCluster;
  readonly #brokers: number;

  private constructor(cluster: MockCluster, brokers: number) {
    this.#cluster = cluster;
    this.#brokers = brokers;
    this.bootstrapServers = cluster.bootstraps;
  }

  /** @throws ConfigError for unknown options */
  static async start(options: EmbeddedKafkaOptions = {}): Promise<EmbeddedKafka> {
    assertNames(options, 'EmbeddedKafka.start', OPTIONS);
    const { brokers = 1, topics = {} } = options;
    const kafka = new EmbeddedKafka(new MockCluster(loadNative(options.libraryPath, USER), brokers), brokers);
    try {
      for (const [name, partitions] of Object.entries(topics)) kafka.createTopic(name, partitions);
      return kafka;
    } catch (error) {
      await kafka.stop();
      throw error;
    }
  }

  createTopic(name: string, partitions: number, replication = 1): void {
    this.#cluster.createTopic(name, partitions, replication);
  }

  /** Closes the connections and the port of a broker, or of every broker without `id`. */
  brokerDown(id?: number): void {
    for (const broker of this.#ids(id)) this.#cluster.setDown(broker, true);
  }

  /** Opens the same port again. */
  brokerUp(id?: number): void {
    for (const broker of this.#ids(id)) this.#cluster.setDown(broker, false);
  }

  /** Delays every answer by `ms`. */
  setRtt(ms: number, id?: number): void {
    for (const broker of this.#ids(id)) this.#cluster.setRtt(broker, ms);
  }

  /** Answers the next produce requests with these error codes, one each. */
  failProduce(...codes: number[]): void {
    this.#cluster.pushErrors(API.produce, codes);
  }

  /** Answers every request about the topic with this error code, until it is set to 0. */
  setTopicError(name: string, code: number): void {
    this.#cluster.setTopicError(name, code);
  }

  /** Removes the unused codes of `failProduce`. */
  clearErrors(): void {
    this.#cluster.clearErrors(API.produce);
  }

  /** Returns the number of produce requests since the first call, which itself returns 0. */
  produceRequests(): number {
    return this.#cluster.requests(API.produce);
  }

  /** Ends the cluster. Safe to call twice. */
  async stop(): Promise<void> {
    await this.#cluster.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #ids(id?: number): number[] {
    return id === undefined ? Array.from({ length: this.#brokers }, (_, index) => index + 1) : [id];
  }
}
