/** The operations endpoint of a file and of the command: real producers, real sockets. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import promClient from 'prom-client';
import sinon from 'sinon';
import { ProducerRuntime } from '../../src/runtime.ts';
import { httpCall } from '../support/http-call.ts';
import { LogLines } from '../support/log-lines.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS, PATIENT } from '../support/until.ts';

describe('the operations endpoint of a runtime', function () {
  this.timeout(2 * HANG_MS);

  const directory = temporaryDirectories();
  let log: LogLines;
  let runtime: ProducerRuntime | undefined;
  afterEach(() => runtime?.shutdown(0));

  const file = (operations: string) => {
    const path = join(directory(), 'producers.yaml');
    writeFileSync(path, `producers: [{ type: memory, name: orders }]\n${operations}`);
    return path;
  };

  const start = async (operations: string) => {
    log = new LogLines();
    runtime = await ProducerRuntime.fromFile(file(operations), { logger: log });
    return runtime;
  };

  const url = () => String(/listening on (\S+)/.exec(log.all)?.[1]);

  it('reports what its producers have done, until the end of the shutdown', async () => {
    const { producer, shutdown } = bound(await start("operations: { listen: '127.0.0.1:0' }"));
    await producer('orders').send({ value: 1 }, PATIENT);
    const { body } = await httpCall(`${url()}status`);
    expect(body).to.have.nested.property('producers.orders.delivered', 1);
    expect(body).to.have.nested.property('producers.orders.state', 'ready');
    await shutdown();
    const error = await httpCall(`${url()}live`).catch((thrown) => thrown);
    expect(error.code).to.equal('ECONNREFUSED');
  });

  for (const [policy, status] of [
    ['block', 503],
    ['reject', 503],
    ['drop_newest', 200],
    ['drop_oldest', 200],
  ] as const)
    it(`answers /ready with ${status} when an outage has filled a queue with when_full: ${policy}`, async () => {
      log = new LogLines();
      const path = join(directory(), 'producers.yaml');
      const queue = `{ max_messages: 2, when_full: ${policy} }`;
      writeFileSync(
        path,
        `producers: [{ type: http, name: orders, url: 'http://127.0.0.1:1/', queue: ${queue} }]\noperations: { listen: '127.0.0.1:0' }\n`,
      );
      runtime = await ProducerRuntime.fromFile(path, { logger: log });
      const ready = () => httpCall(`${url()}ready`);
      runtime.produce({ value: 1 });
      expect((await ready()).status).to.equal(200); // an outage alone
      runtime.produce({ value: 2 });
      expect((await ready()).status).to.equal(status);
    });

  it('is not opened where the application says so, and none is where the file has none', async () => {
    log = new LogLines();
    const path = file("operations: { listen: '127.0.0.1:0' }");
    runtime = await ProducerRuntime.fromFile(path, { logger: log, operations: false });
    expect(log.all).not.to.include('listening on');
    await start('');
    expect(log.all).not.to.include('listening on');
  });

  it('names the line of the file whose address is occupied', async () => {
    await start("operations: { listen: '127.0.0.1:0' }");
    const taken = new URL(url()).host;
    const error = await ProducerRuntime.fromFile(file(`operations: { listen: '${taken}' }`)).catch((thrown) => thrown);
    expect(error.message).to.match(/producers\.yaml:2:23 {2}operations\.listen {2}this address is in use/);
  });

  it('leaves no producer in the metrics of the application where the address is occupied', async () => {
    await start("operations: { listen: '127.0.0.1:0' }");
    const registry = new promClient.Registry();
    const path = file(`operations: { listen: '${new URL(url()).host}' }`);
    const metrics = { client: promClient, registry };
    const error = await ProducerRuntime.fromFile(path, { metrics }).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(await registry.metrics()).not.to.include('orders');
  });

  it('is closed although the shutdown of a producer fails', async () => {
    const { producer, shutdown } = bound(await start("operations: { listen: '127.0.0.1:0' }"));
    sinon.stub(producer('orders'), 'shutdown').rejects(new Error('a bug'));
    expect((await shutdown().catch((thrown) => thrown)).message).to.equal('a bug');
    runtime = undefined;
    const error = await httpCall(`${url()}live`).catch((thrown) => thrown);
    expect(error.code).to.equal('ECONNREFUSED');
  });

  it('starts no timer for a handler that is made after the shutdown', async () => {
    const { shutdown } = bound(await start(''));
    await shutdown();
    const clock = sinon.useFakeTimers();
    try {
      runtime?.operationsHandler();
      expect(clock.countTimers()).to.equal(0);
    } finally {
      clock.restore();
    }
  });
});

const bound = (runtime: ProducerRuntime) => ({
  producer: (name: string) => runtime.producer(name),
  shutdown: () => runtime.shutdown(5000),
});
