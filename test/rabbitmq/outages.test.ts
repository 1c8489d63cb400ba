/** What the configuration names goes away, or is forbidden, in mid-run: an outage, in which no message is at fault. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { PATIENT, until } from '../support/until.ts';
import { Inspector } from './inspector.ts';
import { rabbitServer } from './one-server.ts';
import type { RabbitServer } from './server.ts';
import { type Settings, type Subject, subject } from './subjects.ts';

const RATE_MS = 5;
const AWAY_MS = 2000;
/** A channel of RabbitMQ remembers permissions until it has had nothing to do for this time. */
const IDLE_MS = 3000;

const LONG = 'fixed.'.repeat(40);

type Phase = 'busy' | 'idle' | 'over';

/** What the numbered messages are. */
interface Sent {
  readonly isError?: boolean;
  /** The topic that each message names. @default the configuration's own */
  readonly topic?: string;
}

interface Outage extends Sent {
  readonly settings: Settings;
  prepare(): Promise<unknown>;
  begins(): Promise<unknown>;
  /** Left out where the producer mends it. */
  ends?(): Promise<unknown>;
  readonly says: RegExp;
  readonly queue: string;
  /** Nothing is produced for a while when it begins. */
  readonly idles?: boolean;
  /** Messages that were in the queue when it was deleted are gone. */
  readonly keeps: boolean;
}

describe('what the configuration names, away in mid-run', () => {
  let server: RabbitServer;
  let inspector: Inspector;
  before(async function () {
    this.timeout(120_000);
    server = await rabbitServer();
    inspector = await Inspector.connect(server);
  });
  after(() => inspector.close());

  const may = (write: string) =>
    server.control('set_permissions', '-p', '/', server.users.admin.username, '.*', write, '.*');
  const { queue, deleted } = {
    queue: (name: string) => inspector.channel.assertQueue(name, { durable: true }),
    deleted: (name: string) => inspector.channel.deleteQueue(name),
  };

  const outages: Readonly<Record<string, Outage>> = {
    'write permission on the exchange is revoked': {
      settings: { exchange: 'revoked', topic: 't' },
      prepare: () => inspector.pair('revoked'),
      begins: () => may('^(?!revoked).*$'),
      ends: () => may('.*'),
      says: /exchange 'revoked' may not be published to .*ACCESS_REFUSED.*set_permissions/,
      queue: 'revoked',
      idles: true,
      keeps: true,
    },
    'the topic permission for a fixed routing key is revoked': {
      settings: { exchange: 'topical', routing_key: 'fixed' },
      prepare: () => inspector.pair('topical'),
      begins: () =>
        server.control('set_topic_permissions', '-p', '/', server.users.admin.username, 'topical', '^none$', '.*'),
      ends: () => server.control('clear_topic_permissions', '-p', '/', server.users.admin.username),
      says: /exchange 'topical' may not be published to .*ACCESS_REFUSED.*set_topic_permissions/,
      queue: 'topical',
      idles: true,
      keeps: true,
    },
    'the topic permission for a long fixed routing key is revoked: RabbitMQ truncates the text': {
      settings: { exchange: 'long-topical', routing_key: LONG },
      prepare: () => inspector.pair('long-topical'),
      begins: () =>
        server.control('set_topic_permissions', '-p', '/', server.users.admin.username, 'long-topical', '^none$', '.*'),
      ends: () => server.control('clear_topic_permissions', '-p', '/', server.users.admin.username),
      says: /exchange 'long-topical' may not be published to .*ACCESS_REFUSED.*set_topic_permissions/,
      queue: 'long-topical',
      idles: true,
      keeps: true,
    },
    'the exchange is deleted': {
      settings: { exchange: 'deleted', topic: 't' },
      prepare: () => inspector.pair('deleted'),
      begins: () => inspector.channel.deleteExchange('deleted'),
      ends: () => inspector.pair('deleted'),
      says: /exchange 'deleted' does not exist/,
      queue: 'deleted',
      keeps: true,
    },
    'the exchange of errors is deleted': {
      settings: { exchange: 'ordinary', error_exchange: 'of-errors' },
      isError: true,
      prepare: async () => [await inspector.pair('ordinary'), await inspector.pair('of-errors')],
      begins: () => inspector.channel.deleteExchange('of-errors'),
      ends: () => inspector.pair('of-errors'),
      says: /exchange 'of-errors' does not exist/,
      queue: 'of-errors',
      keeps: true,
    },
    'the configured queue is deleted, without an exchange': {
      settings: { queue_name: 'only-queue' },
      prepare: () => queue('only-queue'),
      begins: () => deleted('only-queue'),
      ends: () => queue('only-queue'),
      says: /queue 'only-queue' does not exist/,
      queue: 'only-queue',
      keeps: false,
    },
    'the bound queue is deleted': {
      settings: { exchange: 'bound', queue_name: 'bound' },
      prepare: () => inspector.pair('bound'),
      begins: () => deleted('bound'),
      ends: () => inspector.pair('bound'),
      says: /queue 'bound' does not exist/,
      queue: 'bound',
      keeps: false,
    },
    'a declared queue is deleted: it is made again': {
      settings: { queue_name: 'made', declare: true },
      prepare: async () => {},
      begins: () => deleted('made'),
      says: /there is no queue 'made'/,
      queue: 'made',
      keeps: false,
    },
    'a declared queue with its binding is deleted: they are made again': {
      settings: { exchange: 'made-x', queue_name: 'made-q', declare: true, binding_key: 't.#', topic: 't.1' },
      prepare: async () => {},
      begins: () => deleted('made-q'),
      says: /no queue is bound to exchange 'made-x'/,
      queue: 'made-q',
      keeps: false,
    },
    'the declared binding of a topic exchange is removed, whose messages name their topics: it is made again': {
      settings: {
        exchange: 'unbound-topic',
        queue_name: 'unbound-topic',
        declare: true,
        exchange_type: 'topic',
        binding_key: 'u.#',
      },
      topic: 'u.2',
      prepare: async () => {},
      begins: () => inspector.channel.unbindQueue('unbound-topic', 'unbound-topic', 'u.#'),
      says: /no queue is bound to exchange 'unbound-topic'/,
      queue: 'unbound-topic',
      keeps: true,
    },
    'the declared binding of a headers exchange is removed, whose messages name their topics: it is made again': {
      settings: {
        exchange: 'unbound-headers',
        queue_name: 'unbound-headers',
        declare: true,
        exchange_type: 'headers',
        binding_key: 'any',
      },
      topic: 'u.2',
      prepare: async () => {},
      begins: () => inspector.channel.unbindQueue('unbound-headers', 'unbound-headers', 'any'),
      says: /no queue is bound to exchange 'unbound-headers'/,
      queue: 'unbound-headers',
      keeps: true,
    },
    'a declared exchange is deleted: it is made again, and bound': {
      settings: { exchange: 'made-e', queue_name: 'made-e', declare: true },
      prepare: async () => {},
      begins: () => inspector.channel.deleteExchange('made-e'),
      says: /no exchange 'made-e'/,
      queue: 'made-e',
      keeps: true,
    },
  };

  /** Produces until `over`, and returns how many that were. */
  async function steadily({ producer }: Subject, outage: Sent, phase: () => Phase): Promise<number> {
    const { isError = false, topic } = outage;
    let count = 0;
    for (; phase() !== 'over'; count++) {
      while (phase() === 'idle') await sleep(RATE_MS);
      producer.produce({ value: count, ...(topic !== undefined && { topic }) }, { isError });
      await sleep(RATE_MS);
    }
    return count;
  }

  for (const [what, { settings, queue: name, ...outage }] of Object.entries(outages))
    it(`${what}: nothing is dead-lettered, all arrive, and few channels are opened`, async () => {
      await outage.prepare();
      const one = subject(server, { ...settings, max_retries: 3 });
      await one.producer.start(PATIENT);
      const arrived: number[] = [];
      const take = async () => arrived.push(...(await inspector.takeAll(name)).map(({ content }) => Number(content)));
      let phase: Phase = 'busy';
      const producing = steadily(one, outage, () => phase);
      await until(() => one.producer.stats().delivered > 50);
      const errors = server.channelErrors;
      await take();
      const deliveredBefore = one.producer.stats().delivered;
      if (outage.idles) phase = 'idle';
      await outage.begins();
      if (outage.idles) await sleep(IDLE_MS);
      phase = 'busy';
      await sleep(AWAY_MS);
      await outage.ends?.();
      await until(() => one.producer.stats().delivered > deliveredBefore + 300);
      phase = 'over';
      const count = await producing;
      expect(await one.producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      expect(one.letters.length).to.equal(0);
      expect(one.producer.stats()).to.include({ delivered: count, deadLettered: 0 });
      await take();
      expect(new Set(arrived).size).to.be.at.least(outage.keeps ? count : count - 150);
      expect(one.log.all).to.match(outage.says);
      expect(server.channelErrors - errors, 'channels').to.be.below(30);
      await one.producer.shutdown(5000);
    });
});
