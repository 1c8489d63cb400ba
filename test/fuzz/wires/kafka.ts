/**
 * A Kafka producer whose broker, an embedded cluster behind a network of ours, sends mutated answers. Each round mutates the answers
 * to one kind of request, so that an end of the process can be put down to it.
 */

import { once } from 'node:events';
import { EmbeddedKafka } from '../../../src/testing/embedded-kafka.ts';
import { type Asked, Network } from '../../chaos/network.ts';
import type { Random } from '../../chaos/random.ts';
import { mutate } from '../mutator.ts';
import type { Peer, Wire } from '../wire.ts';

/** Not a kind of request: what separates answers, their lengths and numbers, is mutated in all of them. */
const HEADS = -1;
/** Kinds of requests, by their numbers. */
const REQUESTS: Readonly<Record<number, string>> = {
  [HEADS]: 'heads of answers',
  0: 'Produce',
  3: 'Metadata',
  9: 'OffsetFetch',
  10: 'FindCoordinator',
  18: 'ApiVersions',
  22: 'InitProducerId',
  24: 'AddPartitionsToTxn',
  25: 'AddOffsetsToTxn',
  26: 'EndTxn',
  28: 'TxnOffsetCommit',
};
/** How librdkafka 2.12.0 is known to end the process, or to keep it: SECURITY.md. Wrong heads make such answers of others. */
const KNOWN: Readonly<Record<number, RegExp>> = {
  [HEADS]: /^signal|^hang/,
  0: /^signal SIGABRT|^hang|MiB of memory$/,
  3: /^signal/,
  18: /^signal SIGABRT/,
  24: /^signal SIGSEGV|^hang/,
};
const CLIENTS = [{}, { compression: 'gzip' }, { transactional_id: 'fuzzed' }, { driver: 'node-rdkafka' }];
/** Before the body: the length and the number of the request. */
const HEAD_BYTES = 8;
const LENGTH_BYTES = 4;

class Answers implements Peer {
  mutations = 0;
  readonly #random: Random;
  readonly #api: number;
  readonly #share: number;
  readonly #client: object;
  #kafka!: EmbeddedKafka;
  #network!: Network;

  constructor(random: Random, apis: readonly number[]) {
    this.#random = random;
    this.#api = random.pick(apis);
    this.#share = random.pick(this.#api === HEADS || this.#api === 0 || this.#api === 3 ? [0.05, 0.3, 1] : [0.3, 1]);
    const isOfTransactions = this.#api === 9 || this.#api === 10 || this.#api > 22;
    this.#client = isOfTransactions ? { transactional_id: 'fuzzed' } : random.pick(CLIENTS);
  }

  async start(): Promise<this> {
    this.#kafka = await EmbeddedKafka.start({ topics: { fuzzed: 2 } });
    this.#network = await Network.start(this.#kafka.bootstrapServers, (answer, asked) => this.#change(answer, asked));
    return this;
  }

  get settings() {
    return { type: 'kafka', bootstrap_servers: this.#network.address, topic: 'fuzzed', ...this.#client };
  }

  #change(answer: Buffer, asked: Asked | undefined): Buffer {
    const random = this.#random;
    if ((this.#api !== HEADS && asked?.api !== this.#api) || !random.chance(this.#share)) return answer;
    this.mutations++;
    const [head, body] = [Buffer.from(answer.subarray(0, HEAD_BYTES)), answer.subarray(HEAD_BYTES)];
    if (this.#api === HEADS) return Buffer.concat([mutate(head, random), body]);
    const mutated = mutate(body, random);
    head.writeInt32BE(mutated.length + HEAD_BYTES - LENGTH_BYTES);
    return Buffer.concat([head, mutated]);
  }

  async run(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await once(signal, 'abort');
  }

  known(ending: string): string | undefined {
    return KNOWN[this.#api]?.test(ending) === true ? `${REQUESTS[this.#api]}: ${ending}` : undefined;
  }

  async stop(): Promise<void> {
    await this.#network.stop();
    await this.#kafka.stop();
  }
}

const wire = (name: string, apis: readonly number[]): Wire => ({
  name,
  process: 'producer',
  peer: (random) => new Answers(random, apis).start(),
});

export const kafka = wire('kafka', Object.keys(REQUESTS).map(Number));
