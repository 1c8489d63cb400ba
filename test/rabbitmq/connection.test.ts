import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { resources, settleTo } from '../support/process-resources.ts';
import { terminateWorkers } from '../support/terminate-workers.ts';
import { PATIENT, until } from '../support/until.ts';
import { OTHER_VHOST } from './definitions.ts';
import { Inspector } from './inspector.ts';
import { rabbitServer } from './one-server.ts';
import { Relay } from './relay.ts';
import type { RabbitServer } from './server.ts';
import { subject } from './subjects.ts';

describe('the connection to RabbitMQ', () => {
  let server: RabbitServer;
  let inspector: Inspector;
  before(async function () {
    this.timeout(120_000);
    server = await rabbitServer();
    inspector = await Inspector.connect(server);
  });
  after(() => inspector.close());

  it('asked to wait (low on memory): nothing is charged, attempts do not age, and it goes on by itself', async function () {
    this.timeout(120_000);
    await inspector.pair('blocked');
    const { producer, letters, log } = subject(server, {
      exchange: 'blocked',
      attempt_timeout_seconds: 1,
      max_retries: 0,
      backoff_seconds: 3600,
    });
    await producer.send({ value: 'before' }, PATIENT);
    await server.control('set_vm_memory_high_watermark', 'absolute', '1');
    try {
      for (let index = 0; index < 50; index++) producer.produce({ value: index });
      await until(() => log.all.includes('RabbitMQ takes no messages for now'));
      await sleep(3000);
      expect(producer.stats()).to.deep.include({ delivered: 1, pending: 50, connection: 'connected' });
    } finally {
      await server.control('set_vm_memory_high_watermark', 'absolute', '1GB');
    }
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(log.lines.filter(({ level }) => level === 'warn')).to.have.lengthOf(1);
    expect(log.all).to.contain('RabbitMQ takes messages again');
    expect(letters).to.have.lengthOf(0);
    const arrived = (await inspector.takeAll('blocked')).map(({ content }) => String(content));
    expect(arrived).to.deep.equal(['"before"', ...Array.from({ length: 50 }, (_, index) => String(index))]);
    await producer.shutdown(5000);
  });

  it('asked to wait, and then the connection ends: messages are taken again only when the alarm has ended', async function () {
    this.timeout(120_000);
    await inspector.pair('blocked-and-lost');
    const relay = new Relay(server.port);
    await relay.restore();
    const url = server.url(relay.port);
    const { producer, log } = subject(server, { url, exchange: 'blocked-and-lost', backoff_seconds: 1 });
    await producer.send({ value: 'before' }, PATIENT);
    await server.control('set_vm_memory_high_watermark', 'absolute', '1');
    try {
      for (let index = 0; index < 20; index++) producer.produce({ value: index });
      await until(() => producer.stats().blockedBy?.by === 'back-pressure');
      await relay.interrupt();
      await until(() => producer.stats().connection !== 'connected');
      await relay.restore();
      await until(() => producer.stats().blockedBy?.by === 'back-pressure');
      await sleep(1000);
      expect(log.all).to.not.contain('RabbitMQ takes messages again');
    } finally {
      await server.control('set_vm_memory_high_watermark', 'absolute', '1GB');
    }
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(log.all.match(/RabbitMQ takes no messages/g)).to.have.lengthOf(1);
    expect(log.all.match(/RabbitMQ takes messages again/g)).to.have.lengthOf(1);
    const arrived = [...new Set((await inspector.takeAll('blocked-and-lost')).map(({ content }) => String(content)))];
    expect(arrived).to.deep.equal(['"before"', ...Array.from({ length: 20 }, (_, index) => String(index))]);
    await producer.shutdown(5000);
    await relay.interrupt();
  });

  it('a server that is silent: the heartbeat finds it, and what it had not confirmed goes again', async function () {
    this.timeout(60_000);
    await inspector.pair('silent');
    const relay = new Relay(server.port);
    await relay.restore();
    const url = server.url(relay.port);
    const { producer, log } = subject(server, { url, exchange: 'silent', heartbeat: '1s', connect_timeout_seconds: 1 });
    await producer.send({ value: 0 }, PATIENT);
    relay.freeze();
    for (let index = 1; index < 10; index++) producer.produce({ value: index });
    await until(() => producer.stats().connection !== 'connected');
    relay.thaw();
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(log.all).to.contain('Heartbeat timeout');
    const arrived = [...new Set((await inspector.takeAll('silent')).map(({ content }) => Number(content)))];
    expect(arrived).to.deep.equal(Array.from({ length: 10 }, (_, index) => index));
    await producer.shutdown(5000);
    await relay.interrupt();
  });

  it('a shutdown against a server that has fallen silent ends by its deadline', async () => {
    const relay = new Relay(server.port);
    await relay.restore();
    await inspector.pair('stuck');
    const { producer } = subject(server, { url: server.url(relay.port), exchange: 'stuck' });
    await producer.send({ value: 0 }, PATIENT);
    relay.freeze();
    for (let index = 1; index < 10; index++) producer.produce({ value: index });
    await sleep(100);
    const outcome = await producer.shutdown(1500);
    expect(outcome).to.deep.include({ delivered: 1, undelivered: 9 });
    await relay.interrupt();
  });

  it('a worker that dies in the middle leaves no connection, and what it had goes again', async () => {
    await inspector.pair('deaths');
    const { producer } = subject(server, { exchange: 'deaths' });
    await producer.send({ value: 0 }, PATIENT);
    const before = resources();
    for (let index = 1; index <= 2000; index++) producer.produce({ value: index });
    await until(() => producer.stats().delivered > 100);
    await terminateWorkers();
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(producer.stats()).to.deep.include({ delivered: 2001, workerRestarts: 1 });
    const held = await settleTo(before, 5000);
    expect(held.fileDescriptors).to.be.at.most(before.fileDescriptors);
    const arrived = [...new Set((await inspector.takeAll('deaths')).map(({ content }) => Number(content)))];
    expect(arrived).to.deep.equal(Array.from({ length: 2001 }, (_, index) => index));
    await producer.shutdown(5000);
  });

  it('one that an operator closes while nothing is on its way is a line in the log, and costs no message', async () => {
    await inspector.pair('closed');
    const { producer, log, letters } = subject(server, { exchange: 'closed' });
    await producer.send({ value: 0 }, PATIENT);
    await server.control('close_all_user_connections', server.users.admin.username, 'maintenance');
    await until(() => log.all.includes('the connection to RabbitMQ was lost'));
    expect(log.first?.text).to.contain('maintenance');
    await producer.send({ value: 1 }, PATIENT);
    expect(letters).to.have.lengthOf(0);
    await producer.shutdown(5000);
    inspector = await Inspector.connect(server);
  });

  describe('by TLS', () => {
    const tls = (settings: object) =>
      subject(server, { url: `amqps://localhost:${server.tlsPort}`, ssl_cafile: server.certificates.ca, ...settings });

    it('delivers, with and without a certificate of its own', async () => {
      await inspector.channel.assertQueue('secret');
      const { clientCertificate, encryptedClientKey, keyPassword } = server.certificates;
      const mine = { ssl_certfile: clientCertificate, ssl_keyfile: encryptedClientKey, ssl_password: keyPassword };
      for (const settings of [{}, mine, { url: `amqps://127.0.0.1:${server.tlsPort}` }]) {
        const { producer } = tls({ queue_name: 'secret', ...settings });
        await producer.send({ value: 1 }, PATIENT);
        await producer.shutdown(5000);
      }
      expect(await inspector.takeAll('secret')).to.have.lengthOf(3);
    });

    it('trusts no authority that it was not told of, and is told when its own certificate is refused', async () => {
      const { strangerCa, strangerCertificate, strangerKey } = server.certificates;
      for (const [settings, words] of [
        [{ ssl_cafile: strangerCa }, /is signed by an unknown authority/],
        [
          { ssl_certfile: strangerCertificate, ssl_keyfile: strangerKey },
          /wants a certificate of this client, or refuses/,
        ],
      ] as const) {
        const { producer } = tls(settings);
        const error = await producer.start({ timeout: 10_000 }).catch((thrown) => thrown);
        expect(error.message).to.match(words);
        await producer.shutdown(1000);
      }
    });
  });

  describe('that cannot be had', () => {
    for (const [what, settings, words] of [
      ['a wrong password', { password: 'wrong-7f3a' }, /refuses the user name or the password: check 'username' and/],
      [
        'a virtual host that is not there',
        { vhost: 'nowhere' },
        /does not open virtual host 'nowhere' for user 'admin'/,
      ],
      [
        'an exchange that is not there',
        { exchange: 'nowhere' },
        /exchange 'nowhere' does not exist in virtual host '\/'/,
      ],
      ['a queue that is not there', { queue_name: 'nowhere' }, /queue 'nowhere' does not exist in virtual host '\/'/],
      [
        'another type of exchange',
        { exchange: 'amq.topic', exchange_type: 'fanout', declare: true },
        /is there already/,
      ],
      ['a closed port', { url: 'amqp://127.0.0.1:1' }, /nothing listens at 127.0.0.1:1 \(connection refused\)/],
      ['a name that does not resolve', { url: 'amqp://nowhere.invalid' }, /the host of nowhere.invalid:5672 does not/],
    ] as const)
      it(`${what} is said in plain words, and no password with it`, async () => {
        const { producer, log } = subject(server, settings);
        const error = await producer.start({ timeout: 10_000 }).catch((thrown) => thrown);
        expect(error.message).to.match(words);
        expect(log.first?.text).to.match(words);
        expect(log.all).not.to.match(new RegExp(`wrong-7f3a|${server.users.admin.password}`));
        await producer.shutdown(1000);
      });

    it('a server that accepts connections and says nothing is given up in time, with nothing left open', async () => {
      const sockets = new Set<Socket>();
      const silent = createServer((socket) => {
        sockets.add(socket.resume());
        socket.on('error', () => {}).on('close', () => sockets.delete(socket));
      });
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as AddressInfo;
      for (const scheme of ['amqp', 'amqps']) {
        const settings = { url: `${scheme}://127.0.0.1:${port}`, connect_timeout_seconds: 1, backoff_seconds: 100 };
        const { producer } = subject(server, { ...settings, max_retries: 0 });
        const error = await producer.start({ timeout: 20_000 }).catch((thrown) => thrown);
        expect(error.message).to.match(/has not answered in time: check that 'url'/);
        await until(() => sockets.size === 0);
        await producer.shutdown(1000);
      }
      silent.close();
    });

    it('TLS where there is none, and none where there is, are told apart', async () => {
      for (const [url, words] of [
        [`amqps://127.0.0.1:${server.port}`, /speaks no TLS, and 'url' begins with amqps/],
        [`amqp://127.0.0.1:${server.tlsPort}`, /speaks TLS, and 'url' begins with amqp:/],
      ] as const) {
        const { producer } = subject(server, { url });
        const error = await producer.start({ timeout: 10_000 }).catch((thrown) => thrown);
        expect(error.message).to.match(words);
        await producer.shutdown(1000);
      }
    });
  });

  it('to another virtual host, whose name has a slash, is made from the url alone', async () => {
    const other = await Inspector.connect(server, OTHER_VHOST);
    await other.channel.assertQueue('there');
    const { username, password } = server.users.admin;
    const url = `amqp://${username}:${password}@127.0.0.1:${server.port}/${encodeURIComponent(OTHER_VHOST)}`;
    const { producer } = subject(server, { url, username: undefined, password: undefined, queue_name: 'there' });
    await producer.send({ value: 1 }, PATIENT);
    expect(await other.takeAll('there')).to.have.lengthOf(1);
    await producer.shutdown(5000);
    await other.close();
  });
});
