/** Brokers that die, freeze, move, and come back. */

import { type Broker, type ClusterKafka, kill, pause, restart, resume } from '../../index.ts';
import { freePorts } from '../../ports.ts';
import { start } from '../../processes.ts';
import { ready } from '../../up-down.ts';
import { bounce, configure, electPreferred, ledBy, partitionsOf, seconds } from '../acts.ts';
import type { Row, World } from '../row.ts';

/** In ms: partitions led by others must not stand still for longer. */
const ELSEWHERE = 8000;

const victimOf = ({ brokers }: ClusterKafka) => brokers[1] as Broker;

const ledByVictim = ({ kafka, first, second }: World, victim = victimOf(kafka)) =>
  ledBy(kafka, [...first, ...second], victim);

const frozen: Row = {
  name: 'a broker frozen for 45 s',
  event: async (world) => {
    const affected = await ledByVictim(world);
    pause(victimOf(world.kafka));
    await seconds(45);
    resume(victimOf(world.kafka));
    return affected;
  },
  limits: { elsewhere: ELSEWHERE },
};

const killed: Row = {
  name: 'a broker killed, back after 15 s',
  event: async (world) => {
    const affected = await ledByVictim(world);
    await bounce(victimOf(world.kafka), 15);
    return affected;
  },
  limits: { elsewhere: ELSEWHERE },
};

const rolling: Row = {
  name: 'rolling restart of three brokers',
  event: async ({ kafka }) => {
    for (const broker of kafka.brokers) {
      await bounce(broker, 2);
      await seconds(5);
    }
    return () => true;
  },
};

/** As Java computes it: the partition of the transaction log is the hash of the id. */
const hashOf = (text: string) => [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) | 0, 0);

async function coordinatorOf({ kafka, transactionalId }: World): Promise<Broker> {
  const log = await partitionsOf(kafka, ['__transaction_state']);
  const partition = (hashOf(`${transactionalId}-0`) & 0x7fffffff) % log.length;
  const leader = log.find(({ partitionId }) => partitionId === partition)?.leader;
  return kafka.brokers.find(({ id }) => id === leader) as Broker;
}

const coordinator: Row = {
  name: "the transaction's coordinator killed, back after 15 s",
  event: async (world) => {
    const victim = await coordinatorOf(world);
    const affected = await ledByVictim(world, victim);
    await bounce(victim, 15);
    return affected;
  },
};

/** On the same ports the next rows find it again. */
const otherPort: Row = {
  name: 'a broker comes back under another port',
  needsJava: true,
  event: async (world) => {
    const { kafka } = world;
    const victim = victimOf(kafka);
    const affected = await ledByVictim(world);
    const port = victim.ports.plaintext as number;
    const [other] = (await freePorts(1)) as [number];
    await moved(kafka, { ...victim, ports: { ...victim.ports, plaintext: other } }, port);
    await electPreferred(world);
    await seconds(15);
    await moved(kafka, victim, other);
    return affected;
  },
};

async function moved(kafka: ClusterKafka, broker: Broker, from: number): Promise<void> {
  await kill(broker);
  configure(broker, (settings) => settings.replaceAll(`:${from}`, `:${broker.ports.plaintext}`));
  start(broker);
  await ready({ ...kafka, brokers: kafka.brokers.map((one) => (one.id === broker.id ? broker : one)) });
}

const preferred: Row = {
  name: 'preferred leaders elected',
  needsJava: true,
  event: async (world) => {
    // A restart leaves its partitions with others.
    await bounce(victimOf(world.kafka), 6);
    await electPreferred(world);
    await seconds(3);
    return () => true;
  },
};

const tooFew: Row = {
  name: 'too few replicas in sync for 15 s',
  topic: { configs: { 'min.insync.replicas': '3' } },
  event: async ({ kafka }) => {
    await kill(victimOf(kafka));
    await seconds(15);
    await restart(victimOf(kafka));
    return undefined;
  },
};

export const BROKERS: readonly Row[] = [frozen, killed, rolling, coordinator, otherPort, preferred, tooFew];
