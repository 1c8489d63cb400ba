/** Topics that go. */

import {
  administer,
  bounce,
  configure,
  createTopics,
  deleteTopics,
  reassign,
  seconds,
  startEmpty,
  wipe,
} from '../acts.ts';
import { type Row, STAMPED } from '../row.ts';

/** In ms: how long a topic may be missing. */
const GRACE = 30_000;
/** From the deletion to the moment at which a client can have seen it. */
const NOTICED = 1000;

const back = (after: number): Row => ({
  name: `topic deleted, back after ${after} s`,
  destroys: true,
  topic: { configs: STAMPED },
  event: async ({ kafka, first, options }) => {
    await deleteTopics(kafka, first);
    await seconds(after);
    await createTopics(kafka, first, options);
    return undefined;
  },
  limits: after * 1000 > GRACE ? { letters: 'of the first topics', grace: GRACE - NOTICED } : {},
});

/** The epochs of the new leaders are older than those that a client knows, and most of the leaders are other ones. */
const backElsewhere = (after: number): Row => {
  const { event, ...row } = back(after);
  return {
    ...row,
    name: `topic whose leaders had moved deleted, back after ${after} s`,
    event: async (world) => {
      for (const turn of [1, 2])
        await reassign(world, (partition) => [((partition + turn) % 3) + 1, ((partition + turn + 1) % 3) + 1]);
      await seconds(3);
      return event(world);
    },
  };
};

const created = (isOn: boolean) => (settings: string) =>
  settings.replace(/^auto\.create\.topics\.enable=.*$/m, `auto.create.topics.enable=${isOn}`);

const wiped = (isOn: boolean): Row => ({
  name: `all brokers killed, back with empty disks, auto-creation ${isOn ? 'on' : 'off'}`,
  destroys: true,
  event: async ({ kafka }) => {
    await wipe(kafka);
    for (const broker of kafka.brokers) configure(broker, created(isOn));
    await startEmpty(kafka);
    if (!isOn) await seconds(35);
    return () => true;
  },
  tearDown: async (kafka) => {
    for (const broker of kafka.brokers) {
      configure(broker, created(false));
      await bounce(broker, 0);
    }
  },
  rest: 10,
  limits: isOn ? {} : { letters: 'of the first topics', grace: GRACE - NOTICED },
});

const grow: Row = {
  name: 'partitions grow from 4 to 8',
  topic: { partitions: 4 },
  event: async ({ kafka, first }) => {
    await administer(kafka, (admin) =>
      admin.createPartitions({ topicPartitions: first.map((topic) => ({ topic, count: 8 })) }),
    );
    await seconds(2);
    return undefined;
  },
  // Seen within a minute.
  rest: 60,
};

export const TOPICS: readonly Row[] = [
  back(3),
  back(20),
  back(45),
  backElsewhere(0),
  backElsewhere(3),
  wiped(false),
  wiped(true),
  grow,
];
