/** That the brokers are what the other tests take them for, by kafkajs's word alone. */

import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { expect } from 'chai';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { until } from '../support/until.ts';
import { aliveBrokers, quietKafka, withAdmin } from './admin.ts';
import {
  brokers,
  consumeAll,
  createTopic,
  kill,
  pause,
  restart,
  resume,
  type SingleListener,
  type User,
} from './index.ts';

let made = 0;
const freshTopic = () => `shapes-${Date.now()}-${made++}`;

const single = () => brokers('single');
const read = (path: string) => readFileSync(path, 'utf8');
const ssl = (options: ConnectionOptions = {}) => ({ ca: read(single().certificates.ca), ...options });
const sasl = (user: User, mechanism: string) => ({ mechanism, ...user }) as SASLOptions;

/** What the attempt came to: the error's words, or `ok`. */
const attempt = (work: Promise<unknown>) => work.then(() => 'ok').catch((error: Error) => error.message);

const connect = (listener: SingleListener, config: Partial<KafkaConfig> = {}) =>
  attempt(withAdmin({ ...address(listener), ...config }, (admin) => admin.describeCluster()));

const address = (listener: SingleListener) => ({
  brokers: [single().bootstrapServers[listener]],
  retry: { retries: 0 },
});

async function write(config: KafkaConfig, topic: string, key: string | null = null): Promise<string> {
  const producer = quietKafka(config).producer({ retry: { retries: 5, initialRetryTime: 100 } });
  await producer.connect();
  const sent = await attempt(producer.send({ topic, messages: [{ key, value: 'x' }] }));
  await producer.disconnect();
  return sent;
}

const writeAs = (user: User, topic: string) =>
  write({ ...address('saslPlaintext'), sasl: sasl(user, 'scram-sha-256') }, topic);

describe('the single broker', () => {
  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512']) {
    it(`knows the writer by ${mechanism}, and no wrong password`, async () => {
      const { writer } = single().users;
      expect(await connect('saslPlaintext', { sasl: sasl(writer, mechanism) })).to.equal('ok');
      expect(await connect('saslSsl', { ssl: ssl(), sasl: sasl(writer, mechanism) })).to.equal('ok');
      const wrong = sasl({ ...writer, password: 'wrong' }, mechanism);
      expect(await connect('saslPlaintext', { sasl: wrong })).to.match(/authentication/i);
    });
  }

  it('offers PLAIN alone on one listener', async () => {
    const { writer } = single().users;
    expect(await connect('plainOnly', { sasl: sasl(writer, 'plain') })).to.equal('ok');
    expect(await connect('plainOnly', { sasl: sasl(writer, 'scram-sha-256') })).to.match(/does not support/);
  });

  it('presents a good certificate, an expired one, one for another name', async () => {
    expect(await connect('ssl', { ssl: ssl() })).to.equal('ok');
    expect(await connect('ssl', { ssl: ssl({ ca: read(single().certificates.strangerCa) }) })).to.match(/certificate/);
    expect(await connect('expired', { ssl: ssl() })).to.match(/expired/);
    expect(await connect('misnamed', { ssl: ssl() })).to.match(/altnames/);
  });

  it('demands a client certificate of its authority for mTLS', async () => {
    const { clientCertificate, clientKey, encryptedClientKey, keyPassword, ...wrong } = single().certificates;
    const own = { cert: read(clientCertificate), key: read(clientKey) };
    const encrypted = { ...own, key: read(encryptedClientKey), passphrase: keyPassword };
    const stranger = { cert: read(wrong.strangerCertificate), key: read(wrong.strangerKey) };
    expect(await connect('mtls', { ssl: ssl(own) })).to.equal('ok');
    expect(await connect('mtls', { ssl: ssl(encrypted) })).to.equal('ok');
    expect(await connect('mtls', { ssl: ssl() })).not.to.equal('ok');
    expect(await connect('mtls', { ssl: ssl(stranger) })).not.to.equal('ok');
  });

  it('lets each user write what it may', async () => {
    const { admin, writer, reader, guest } = single().users;
    const topic = freshTopic();
    expect(await writeAs(writer, topic)).to.equal('ok');
    expect(await write(address('plaintext'), topic)).to.equal('ok');
    expect(await writeAs(admin, 'forbidden')).to.equal('ok');
    for (const user of [reader, guest]) expect(await writeAs(user, topic)).to.match(/authorized/);
    for (const denied of ['forbidden', 'forbidden-too', 'hidden']) {
      expect(await writeAs(writer, denied)).to.match(/authorized/);
      expect(await write(address('plaintext'), denied)).to.match(/authorized/);
    }
  });

  it('refuses a record without a key in a compacted topic, and one that is too large', async () => {
    const [compacted, small] = [freshTopic(), freshTopic()];
    await createTopic(single(), compacted, { configs: { 'cleanup.policy': 'compact' } });
    expect(await write(address('plaintext'), compacted, 'key')).to.equal('ok');
    expect(await write(address('plaintext'), compacted)).not.to.equal('ok');
    await createTopic(single(), small, { configs: { 'max.message.bytes': '10' } });
    expect(await write(address('plaintext'), small)).to.match(/larger|too large/);
  });
});

describe('the cluster', () => {
  const cluster = () => brokers('cluster');
  const config = () => ({ brokers: cluster().bootstrapServers.plaintext.split(',') });

  it('creates no topic by itself', async () => {
    expect(await write(config(), freshTopic())).to.match(/not host this topic-partition/);
  });

  it('goes on without one broker, and takes it back', async () => {
    const [, , last] = cluster().brokers;
    if (!last) throw new Error('three brokers are expected');
    const topic = freshTopic();
    await createTopic(cluster(), topic, { partitions: 1 });
    await kill(last);
    expect(await writeSoon(topic, 'one')).to.equal('ok');
    await restart(last);
    expect((await consumeAll(cluster(), topic)).map(({ key }) => String(key))).to.include('one');
  });

  it('says nothing while it is stopped', async () => {
    const [, broker] = cluster().brokers;
    if (!broker) throw new Error('three brokers are expected');
    const answers = () => attempt(aliveBrokers(`127.0.0.1:${broker.ports.plaintext}`));
    pause(broker);
    // On busy cores its threads may go on for a moment.
    await until(async () => /timed out|timeout/i.test(await answers()));
    resume(broker);
    expect(await answers()).to.equal('ok');
  });

  /** A new leader takes some seconds. */
  async function writeSoon(topic: string, key: string): Promise<string> {
    const producer = quietKafka({ ...config(), requestTimeout: 2000 }).producer({
      retry: { retries: 20, maxRetryTime: 500 },
    });
    await producer.connect();
    const sent = await attempt(producer.send({ topic, messages: [{ key, value: 'x' }] }));
    await producer.disconnect();
    return sent;
  }
});
