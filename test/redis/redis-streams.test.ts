/** The example on a real Redis: the contract, and what is special about it. */

import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { type Logger, PermanentSendError, type PublishError } from 'outspool';
import { producerContract } from 'outspool/testing';
// @ts-expect-error an example in JavaScript, as it is
import { RedisStreamsProducer } from '../../examples/redis-streams/redis-streams-producer.js';
import { HANG_MS, PATIENT } from '../support/until.ts';
import { PASSWORD, RedisServer } from './redis-server.ts';
import { messagesIn, streamReader } from './streams.ts';

const lines: string[] = [];
const note = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
const logger: Logger = { debug: note, info: note, warn: note, error: note };

async function transactions(redis: Redis): Promise<number> {
  const [, calls = '0'] = /cmdstat_exec:calls=(\d+)/.exec(await redis.info('commandstats')) ?? [];
  return Number(calls);
}

describe('the example for Redis streams', () => {
  let server: RedisServer;
  let redis: Redis;
  before(async () => {
    server = await RedisServer.start();
    redis = server.client();
    await redis.set('a-text', 'not a stream');
  });
  after(async () => {
    redis.disconnect();
    await server.remove();
  });

  const build = (settings: object = {}) =>
    new RedisStreamsProducer(
      { type: 'custom', name: 'streams', url: server.url, password: PASSWORD, backoff_seconds: 0.2, ...settings },
      { logger },
    );
  const numbers = async (stream: string) => (await messagesIn(redis, stream)).map((message) => message.json());
  const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

  producerContract(
    'Redis streams (an example)',
    async ({ unavailable, settings, options, secret = PASSWORD }) => {
      const url = unavailable ? 'redis://127.0.0.1:1' : server.url;
      const config = { type: 'custom', name: 'streams', url, password: secret, ...settings };
      return { producer: new RedisStreamsProducer(config, options), getMessageFromTopic: streamReader(() => redis) };
    },
    {
      features: {
        ordered: true,
        persistent: true,
        headers: true,
        keys: true,
        tombstones: true,
        batches: true,
        exactlyOnce: false,
      },
      server: {
        interrupt: () => server.kill(),
        restore: () => server.up(),
        requests: () => transactions(redis),
      },
      poison: () => ({ topic: 'a-text', value: 'poison' }),
      takesSecret: true,
    },
  );

  it('loses nothing and keeps the order when Redis is killed and comes back', async () => {
    const producer = build();
    for (let number = 0; number < 20_000; number++) {
      if (!producer.produce({ topic: 'killed', value: number })) await producer.waitForRoom();
      if (number % 7000 === 3000) await server.kill().then(() => server.up());
    }
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect((await producer.shutdown(HANG_MS)).delivered).to.equal(20_000);
    const seen = new Set<string>();
    const arrived = (await messagesIn(redis, 'killed')).filter(({ id }) => !seen.has(id) && seen.add(id));
    expect(arrived.map((message) => message.json())).to.deep.equal(upTo(20_000));
  });

  it('condemns what goes to a key that is no stream, and nothing else', async () => {
    const producer = build();
    const sent = upTo(50).map((number) =>
      producer.send({ topic: number === 20 ? 'a-text' : 'mixed', value: number }, PATIENT),
    );
    const outcomes = await Promise.allSettled(sent);
    const rejected = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as PublishError] : [],
    );
    expect(rejected).to.have.lengthOf(1);
    expect(rejected[0]?.cause).to.be.instanceOf(PermanentSendError);
    expect(String(rejected[0]?.cause)).to.contain('WRONGTYPE');
    expect(await numbers('mixed')).to.deep.equal(upTo(50).filter((number) => number !== 20));
    await producer.shutdown(HANG_MS);
  });

  it('finds the one that the user may not write among those of its set, which arrive', async () => {
    await redis.acl('SETUSER', 'writer', 'on', '>hunter2', '~allowed', '+@all');
    const producer = build({ username: 'writer', password: 'hunter2' });
    const sent = upTo(30).map((number) =>
      producer.send({ topic: number === 11 ? 'secret' : 'allowed', value: number }, PATIENT),
    );
    const outcomes = await Promise.allSettled(sent);
    expect(outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []))).to.deep.equal([11]);
    expect(await numbers('allowed')).to.deep.equal(upTo(30).filter((number) => number !== 11));
    await producer.shutdown(HANG_MS);
  });

  it('waits in order while Redis has no memory', async () => {
    const producer = build({ max_retries: 1 });
    await producer.start(PATIENT);
    await redis.config('SET', 'maxmemory', '1');
    for (const number of upTo(100)) producer.produce({ topic: 'full', value: number });
    expect((await producer.flush(500)).remaining).to.equal(100);
    await redis.config('SET', 'maxmemory', '0');
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(await numbers('full')).to.deep.equal(upTo(100));
    await producer.shutdown(HANG_MS);
  });

  it('says that the password is wrong, and never which', async () => {
    lines.length = 0;
    const producer = build({ username: 'writer', password: 'hunter3' });
    const { problem } = (await producer.check({ timeout: 3000 })).layers[0] as { problem?: string };
    await producer.shutdown(HANG_MS);
    expect(problem).to.contain('WRONGPASS');
    expect(lines.join('\n')).to.contain('WRONGPASS').and.not.to.contain('hunter3');
  });

  it('trims a stream that has a bound', async () => {
    const producer = build({ max_length: 100 });
    for (const number of upTo(2000)) producer.produce({ topic: 'trimmed', value: number });
    await producer.flush(HANG_MS);
    expect(await redis.xlen('trimmed')).to.be.within(100, 400);
    await producer.shutdown(HANG_MS);
  });
});
