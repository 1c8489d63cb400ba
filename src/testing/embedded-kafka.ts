/** A Kafka cluster inside the process: for tests, for smoke runs without a broker, and for making things go wrong. */

import { assertNames } from '../caller/known-options.ts';
import { API, MockCluster } from '../kinds/kafka/librdkafka/mock/mock.ts';
import { loadNative } from '../kinds/kafka/librdkafka/native/load.ts';

const USER = { user: 'the embedded Kafka cluster' };

export interface EmbeddedKafkaOptions {
  /** @default 1 */
  readonly brokers?: number;
  /** Topics to create, with their partitions. Others come into being when they are first used, with 4 partitions. */
  readonly topics?: Readonly<Record<string, number>>;
  /** The librdkafka to use. @default as the Kafka driver finds it */
  readonly libraryPath?: string;
}

const OPTIONS = ['brokers', 'topics', 'libraryPath'] as const satisfies readonly (keyof EmbeddedKafkaOptions)[];

/**
 * librdkafka's mock cluster: real sockets on 127.0.0.1, idempotence and transactions included; no TLS, no SASL, no
 * admin requests. Each partition keeps its last 5 MiB or 100 000 message sets. Brokers are numbered from 1.
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

  /** @throws ConfigError for options that it does not know */
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

  /** Closes a broker's connections and port; every broker's without `id`. */
  brokerDown(id?: number): void {
    for (const broker of this.#ids(id)) this.#cluster.setDown(broker, true);
  }

  /** Opens the same port again. */
  brokerUp(id?: number): void {
    for (const broker of this.#ids(id)) this.#cluster.setDown(broker, false);
  }

  /** Delays every answer. */
  setRtt(ms: number, id?: number): void {
    for (const broker of this.#ids(id)) this.#cluster.setRtt(broker, ms);
  }

  /** Answers the next produce requests with these codes, one each. */
  failProduce(...codes: number[]): void {
    this.#cluster.pushErrors(API.produce, codes);
  }

  /** Answers whatever concerns the topic with this code, until it is set to 0. */
  setTopicError(name: string, code: number): void {
    this.#cluster.setTopicError(name, code);
  }

  /** Takes back what `failProduce` has left. */
  clearErrors(): void {
    this.#cluster.clearErrors(API.produce);
  }

  /** How many produce requests it has got since this was first asked, which itself answers 0. */
  produceRequests(): number {
    return this.#cluster.requests(API.produce);
  }

  /** Ends the cluster. Safe twice. */
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
