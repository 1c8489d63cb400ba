import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { RabbitmqProducer } from '../../src/kinds/rabbitmq/rabbitmq-producer.ts';
import { quiet } from '../support/quiet.ts';
import { until } from '../support/until.ts';
import { Inspector } from './inspector.ts';
import { rabbitServer } from './one-server.ts';

/** 5 and 50 000 in the long tier. */
const KILLS = Number(process.env.OUTSPOOL_RABBITMQ_KILLS ?? 2);
const MESSAGES = Number(process.env.OUTSPOOL_RABBITMQ_MESSAGES ?? 10_000);
/** So many a second: the stream lasts for as long as the server is being killed. */
const RATE = 2500;
/** Delivered from one kill to the next. */
const BETWEEN = Math.floor(MESSAGES / KILLS / 8);
const NAME = 'kills';

describe('RabbitMQ, killed again and again', function () {
  this.timeout(KILLS * 60_000 + 120_000);

  it(`${KILLS} SIGKILLs under ${MESSAGES} messages: nothing lost, every message accounted for, first arrivals in order`, async () => {
    const server = await rabbitServer();
    const before = await Inspector.connect(server);
    await before.pair(NAME);
    const producer = new RabbitmqProducer(
      { ...server.settings, name: NAME, exchange: NAME, backoff_seconds: 0.5 },
      { logger: quiet, deadLetter: () => expect.fail('an outage is no fault of a message') },
    );

    const produced = stream(producer);
    for (let kill = 1; kill <= KILLS; kill++) {
      const { delivered } = producer.stats();
      await until(() => {
        const now = producer.stats();
        return now.delivered >= delivered + BETWEEN && now.pending > 0; // it is killed under load
      }, 60_000);
      await server.kill();
      await sleep(100);
      await server.up();
    }
    await produced;
    expect(await producer.flush(120_000)).to.deep.equal({ remaining: 0 });
    const { accepted, delivered, pending } = producer.stats();
    expect({ accepted, delivered, pending }).to.deep.equal({ accepted: MESSAGES, delivered: MESSAGES, pending: 0 });
    await producer.shutdown(5000);

    const inspector = await Inspector.connect(server);
    const arrived = (await inspector.takeAll(NAME)).map(({ content }) => Number(content));
    await inspector.close();
    const once = new Set(arrived);
    const first = [...once];
    const lost = Array.from({ length: MESSAGES }, (_, index) => index).filter((index) => !once.has(index));
    console.log(`      accepted ${accepted}, delivered ${delivered}, arrived ${arrived.length}, lost ${lost.length}`);
    expect(lost).to.have.lengthOf(0);
    expect(first.every((value, index) => index === 0 || value > (first[index - 1] as number))).to.equal(true);
  });
});

/** Produces all messages, RATE a second. */
async function stream(producer: RabbitmqProducer): Promise<void> {
  const began = performance.now();
  for (let index = 0; index < MESSAGES; ) {
    const due = Math.min(((performance.now() - began) * RATE) / 1000, MESSAGES);
    for (; index < due; index++) producer.produce({ value: index });
    await sleep(10);
  }
}
