import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { NamingProducer } from '../fixtures/producers/naming-producer.ts';
import { quiet } from '../support/quiet.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { PATIENT, until } from '../support/until.ts';

describe('the id of a message', function () {
  this.timeout(120_000);

  const directory = temporaryDirectories();
  let path: string;
  beforeEach(() => {
    path = join(directory(), 'attempts');
    writeFileSync(path, '');
  });

  const start = (queue: object = {}) =>
    new NamingProducer(
      { type: 'custom', name: 'named', path, max_retries: 1, backoff_seconds: 0.05, queue },
      { logger: quiet },
    );
  const attempts = () => readFileSync(path, 'utf8').split('\n').slice(0, -1);
  /** By value, every id under which it was attempted. */
  const idsByValue = (): Map<string, Set<string>> => {
    const byValue = new Map<string, Set<string>>();
    for (const [id = '', value = ''] of attempts().map((line) => line.split(' ')))
      byValue.set(value, (byValue.get(value) ?? new Set()).add(id));
    return byValue;
  };
  /** Every message has one id, whatever it has been through, and none has another one's. */
  const expectNames = (values: number) => {
    const ids = [...idsByValue().values()].map((names) => [...names]);
    expect(ids.filter((names) => names.length !== 1)).to.deep.equal([]);
    expect(new Set(ids.flat()).size).to.equal(values);
    for (const [id] of ids) expect(id).to.match(/^[0-9a-f]{12,}-\d+$/);
  };

  it('stays through retries and resets', async () => {
    const producer = start();
    writeFileSync(`${path}.down`, '');
    for (let value = 0; value < 5; value++) producer.produce({ value });
    await until(() => attempts().length >= 6);
    rmSync(`${path}.down`);
    await producer.flush(60_000);
    await producer.shutdown(5000);
    expect(attempts().length).to.be.greaterThan(10);
    expectNames(5);
  });

  for (const [where, queue] of [
    ['in memory', () => ({})],
    ['in a spool', () => ({ spool: { path: directory() } })],
  ] as const)
    it(`stays when the worker dies, ${where}`, async () => {
      const producer = start(queue());
      writeFileSync(`${path}.down`, '');
      await Promise.all(Array.from({ length: 20 }, (_, value) => producer.enqueue({ value }, PATIENT)));
      writeFileSync(`${path}.deadly`, '');
      rmSync(`${path}.down`);
      await until(() => producer.stats().workerRestarts >= 2);
      rmSync(`${path}.deadly`);
      expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
      await producer.shutdown(5000);
      expect(attempts().length).to.be.greaterThan(20);
      expectNames(20);
    });

  it('stays through a restart of the process where there is a spool, and new messages get others', async () => {
    const queue = { spool: { path: directory() } };
    writeFileSync(`${path}.down`, '');
    const first = start(queue);
    for (let value = 0; value < 10; value++) await first.enqueue({ value }, PATIENT);
    await until(() => attempts().length > 0);
    expect((await first.shutdown(500)).spooled).to.equal(10);
    const [before = ''] = attempts();
    rmSync(`${path}.down`);
    const second = start(queue);
    for (let value = 10; value < 20; value++) await second.enqueue({ value }, PATIENT);
    expect(await second.flush(60_000)).to.deep.equal({ remaining: 0 });
    await second.shutdown(5000);
    expect(idsByValue().get('0')).to.deep.equal(new Set([before.split(' ')[0]]));
    expectNames(20);
  });

  it('is never that of a message of another producer', async () => {
    const [one, other] = [start(), start()];
    await Promise.all([one.send({ value: 1 }, PATIENT), other.send({ value: 2 }, PATIENT)]);
    await Promise.all([one.shutdown(5000), other.shutdown(5000)]);
    expectNames(2);
  });
});
