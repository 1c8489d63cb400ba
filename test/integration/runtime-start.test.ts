/** `ProducerRuntime.start`: a service that has been restarted delivers what its spool holds, before anybody sends anything. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ProducerRuntime } from '../../src/runtime.ts';
import { quiet } from '../support/quiet.ts';
import { append, openSpool } from '../support/spool-rig.ts';
import { temporaryDirectories } from '../support/temporary.ts';

describe('starting a runtime', () => {
  const directory = temporaryDirectories();
  let runtime: ProducerRuntime | undefined;
  afterEach(() => runtime?.shutdown(1000));

  async function built(folder: string, ...definitions: string[]): Promise<ProducerRuntime> {
    const file = join(folder, 'producers.yaml');
    writeFileSync(file, `producers:\n${definitions.map((one) => `  - ${one}\n`).join('')}`);
    runtime = await ProducerRuntime.fromFile(file, { logger: quiet });
    return runtime;
  }
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.fail('it did not fail'),
      (error: Error) => error,
    );

  it('delivers what an earlier run has left in a spool', async () => {
    const folder = directory();
    const { spool } = await openSpool(join(folder, 's'));
    append(spool, 0, 5);
    await spool.close();
    const { start, producer, stats } = bound(
      await built(
        folder,
        '{ type: file, name: a, path: out.ndjson, queue: { spool: { path: s } } }',
        '{ type: memory, name: b }',
      ),
    );
    expect(stats().producers.a?.recovered).to.equal(0);
    await start();
    expect(await producer('a').flush(60_000)).to.deep.equal({ remaining: 0 });
    expect(stats().producers.a).to.include({ recovered: 5, delivered: 5, connection: 'connected' });
    expect(stats().producers.b).to.include({ connection: 'connected' });
    expect(readFileSync(join(folder, 'out.ndjson'), 'utf8').trim().split('\n')).to.have.length(5);
  });

  const bound = (one: ProducerRuntime) => ({
    start: () => one.start({ timeout: 60_000 }),
    producer: (name: string) => one.producer(name),
    stats: () => one.stats(),
  });

  const DEAD = 'bootstrap_servers: "127.0.0.1:9", connect_timeout_seconds: 1, max_retries: 0';

  it('rejects with the error of the producer that cannot be reached, or with one that names each', async () => {
    const one = await built(directory(), `{ type: kafka, name: away, ${DEAD} }`, '{ type: memory, name: here }');
    const error = await failure(one.start({ timeout: 60_000 }));
    expect(error).to.have.property('code', 'ERR_OUTSPOOL_CONNECT');
    expect(error.message).to.include('producer away: ');
    expect(one.producer('here').stats().connection).to.equal('connected');
    await one.shutdown(1000);
    const two = await built(
      directory(),
      `{ type: kafka, name: away, ${DEAD} }`,
      `{ type: kafka, name: gone, ${DEAD} }`,
    );
    const both = (await failure(two.start({ timeout: 60_000 }))) as AggregateError;
    expect(both).to.be.instanceOf(AggregateError);
    expect(both.errors).to.have.length(2);
    expect(both.message).to.match(/^2 producers are not started: producer away: .*; producer gone: /);
  });
});
