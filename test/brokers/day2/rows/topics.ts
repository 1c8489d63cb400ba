/** Topics that go. */

import { administer, bounce, configure, createTopics, deleteTopics, seconds, startEmpty, wipe } from '../acts.ts';
import type { Row } from '../row.ts';

/** In ms: how long a topic may be missing. */
const GRACE = 30_000;
/** From the deletion to the moment at which a client can have seen it. */
const NOTICED = 1000;

const back = (after: number): Row => ({
  name: `topic deleted, back after ${after} s`,
  destroys: true,
  event: async ({ kafka, first, options }) => {
    await deleteTopics(kafka, first);
    await seconds(after);
    await createTopics(kafka, first, options);
    return undefined;
  },
  limits: after * 1000 > GRACE ? { letters: 'of the first topics', grace: GRACE - NOTICED } : {},
});

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

export const TOPICS: readonly Row[] = [back(3), back(20), back(45), wiped(false), wiped(true), grow];
