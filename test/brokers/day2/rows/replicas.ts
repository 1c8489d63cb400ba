/** Partitions that change their replicas, and a clock that jumps. */

import { type Broker, kill, restart } from '../../index.ts';
import { start } from '../../processes.ts';
import { reassign, seconds } from '../acts.ts';
import type { Row } from '../row.ts';

const reassigned: Row = {
  name: 'partitions reassigned to other brokers',
  event: async (world) => {
    // Of one replica each, with a leader that is another one, and back to three.
    await reassign(world, (partition) => [(partition % 3) + 1, ((partition + 1) % 3) + 1]);
    await seconds(3);
    await reassign(world, (partition) => [((partition + 2) % 3) + 1, (partition % 3) + 1, ((partition + 1) % 3) + 1]);
    return undefined;
  },
};

/** The follower is behind when the leader goes, so what only the leader had is lost, whoever the producer is. */
const unclean: Row = {
  name: 'unclean leader election',
  topic: { configs: { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' } },
  event: async (world) => {
    const { kafka } = world;
    const [leader, follower] = kafka.brokers as [Broker, Broker, Broker];
    await reassign(world, () => [leader.id, follower.id]);
    await kill(follower);
    await seconds(8);
    await kill(leader);
    start(follower);
    await seconds(20);
    await restart(leader);
    await restart(follower);
    return () => true;
  },
  limits: { lossy: true },
};

const jump = (name: string, ms: number): Row => ({
  name: `the clock of the producer jumps ${name}`,
  kinds: ['plain', 'spool', 'transactional', 'node-rdkafka'],
  event: async ({ say }) => {
    say(`jump ${ms}`);
    await seconds(5);
    return () => true;
  },
});

const HOUR_MS = 3_600_000;

export const REPLICAS: readonly Row[] = [
  reassigned,
  unclean,
  jump('an hour ahead', HOUR_MS),
  jump('an hour back', -HOUR_MS),
];
