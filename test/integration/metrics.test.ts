import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import client from 'prom-client';
import { MemoryProducer } from '../../src/kinds/memory/memory-producer.ts';
import { ProducerRuntime } from '../../src/runtime.ts';
import { ConfigError } from '../../src/shared/errors.ts';
import { EventfulProducer } from '../fixtures/producers/eventful-producer.ts';
import { hasPromtool, promtool, reportIfNoPromtool } from '../support/promtool.ts';
import { quiet } from '../support/quiet.ts';
import { Scraped } from '../support/scraped.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

/** The figures of one scrape, as the process with a durable producer prints them. */
interface Figures {
  readonly unaccounted: number;
  readonly recovered: number;
  readonly settled: number;
  readonly spoolBytes: number;
}

const SCRAPING = fileURLToPath(new URL('../support/scraping-process.js', import.meta.url));

/** The figures of a process that is killed once it has settled messages, and recovered some where an earlier one has left them. */
async function lifeUntilKilled(path: string, hasEarlier: boolean): Promise<Figures[]> {
  const child = spawn(process.execPath, [SCRAPING, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines: Figures[] = [];
  for await (const line of createInterface(child.stdout)) {
    const figures = JSON.parse(line) as Figures;
    lines.push(figures);
    if (figures.settled > 3000 && (figures.recovered > 0 || !hasEarlier)) child.kill('SIGKILL');
  }
  expect(await exited).to.deep.equal([null, 'SIGKILL']);
  return lines;
}

describe('metrics that prom-client scrapes', () => {
  const directory = temporaryDirectories();

  /** Scrapes until `stop` is called, which resolves with the texts of all scrapes. */
  function scraping(registry: client.Registry) {
    let isOver = false;
    const texts: string[] = [];
    const run = (async () => {
      while (!isOver) {
        texts.push(await registry.metrics());
        await sleep(1);
      }
      return texts;
    })();
    return {
      texts,
      stop: () => {
        isOver = true;
        return run;
      },
    };
  }

  it('add up in every scrape while messages flow, fail, are dead-lettered and dropped, and workers die', async () => {
    const registry = new client.Registry();
    const letters: unknown[] = [];
    const producer = new EventfulProducer(
      { type: 'custom', name: 'eventful', max_retries: 10, queue: { max_messages: 200, when_full: 'drop_oldest' } },
      {
        logger: quiet,
        metrics: { client, registry, labels: { service: 'a "b"' } },
        deadLetter: async ({ message }) => {
          await sleep(5);
          letters.push(message.json());
        },
      },
    );
    const scrapes = scraping(registry);
    await producer.start(PATIENT);
    const fateOf = (id: number) => (id % 50 === 0 ? 'bad' : id % 70 === 0 ? 'flaky' : id);
    const produce = async (from: number, to: number) => {
      for (let id = from; id <= to; id++) producer.produce({ value: fateOf(id) });
      await producer.flush(HANG_MS);
    };
    for (let first = 1; first <= 900; first += 100) await produce(first, first + 99);
    producer.produce({ value: 'crash' });
    await produce(901, 999);
    await produce(1000, 1999); // more than the queue holds
    await producer.shutdown(HANG_MS);
    const texts = [...(await scrapes.stop()), await registry.metrics()];
    expect(texts.length).to.be.above(50);
    for (const text of texts) expect(new Scraped(text).unaccounted('eventful'), text).to.equal(0);

    const last = new Scraped(texts.at(-1) as string);
    const { delivered, dropped, deadLettered, workerRestarts, attempts, latency } = producer.stats();
    expect(last.sum('outspool_messages_accepted_total')).to.equal(2000);
    expect(last.sum('outspool_messages_settled_total', { outcome: 'delivered' })).to.equal(delivered);
    expect(last.sum('outspool_messages_settled_total', { outcome: 'dropped' })).to.equal(dropped);
    expect(last.sum('outspool_messages_settled_total', { outcome: 'dead_lettered' })).to.equal(letters.length);
    expect(last.sum('outspool_dead_letters_total')).to.equal(deadLettered);
    expect(last.sum('outspool_worker_restarts_total')).to.equal(workerRestarts);
    expect(last.sum('outspool_attempts_total', { result: 'failed' })).to.equal(attempts.failed);
    expect(last.sum('outspool_delivery_duration_seconds_count')).to.equal(delivered);
    expect(latency.count).to.equal(delivered);
    expect(last.sum('outspool_connected')).to.equal(undefined);
    expect(last.of('outspool_messages_accepted_total')[0]?.labels.service).to.equal('a "b"');
    expect(Math.min(delivered, deadLettered, dropped, attempts.failed, workerRestarts)).to.be.above(0);
  });

  it('add up in every scrape of a process with a spool that is killed, and of the next one', async () => {
    const path = directory();
    const lives: Figures[][] = [];
    for (let life = 0; life < 3; life++) lives.push(await lifeUntilKilled(path, life > 0));
    for (const lines of lives) {
      expect(lines.length).to.be.above(10);
      for (const figures of lines) expect(figures.unaccounted, JSON.stringify(figures)).to.equal(0);
      expect(Math.max(...lines.map(({ spoolBytes }) => spoolBytes))).to.be.above(0);
    }
    expect(lives[0]?.at(-1)?.recovered).to.equal(0);
    for (const lines of lives.slice(1)) expect(lines.at(-1)?.recovered).to.be.above(0);
  });

  it('are those of all producers of a runtime, and none of a runtime that cannot be made', async () => {
    const registry = new client.Registry();
    const metrics = { client, registry };
    const definition = (name: string) => ({ kind: 'memory', config: { type: 'memory', name } }) as never;
    const bad = { kind: 'memory', config: { type: 'memory', name: 'no name' } } as never;
    const failed = ProducerRuntime.fromDefinitions([definition('a'), bad], { logger: quiet, metrics });
    expect(await failed.catch((error) => error)).to.be.instanceOf(ConfigError);
    const runtime = await ProducerRuntime.fromDefinitions([definition('a'), definition('b')], {
      logger: quiet,
      metrics,
    });
    runtime.producer('b').produce({ value: 1 });
    await runtime.flush(HANG_MS);
    const accepted = new Scraped(await registry.metrics()).of('outspool_messages_accepted_total');
    expect(accepted.map(({ labels, value }) => [labels.producer, value])).to.deep.equal([
      ['a', 0],
      ['b', 1],
    ]);
    const twice = await ProducerRuntime.fromDefinitions([definition('b')], { logger: quiet, metrics }).catch((e) => e);
    expect(twice).to.be.instanceOf(ConfigError).with.property('message').that.contains("another producer 'b'");
    await runtime.shutdown(HANG_MS);
    const again = await ProducerRuntime.fromDefinitions([definition('b')], { logger: quiet, metrics });
    await again.shutdown(HANG_MS);
    const wrong = ProducerRuntime.fromDefinitions([definition('c')], {
      logger: quiet,
      metrics: { client: {} } as never,
    });
    expect(await wrong.catch((error) => error))
      .to.have.property('message')
      .that.contains('options.metrics.client');
  });

  reportIfNoPromtool('the check of a scrape');
  if (!hasPromtool) return;

  it('pass promtool without a warning', async () => {
    const registry = new client.Registry();
    const settings = { type: 'memory', name: 'checked', queue: { spool: { path: directory() } } } as const;
    const producer = new MemoryProducer(settings, {
      logger: quiet,
      metrics: { client, registry, labels: { text: 'a"b\\c\nd}e{f=",\u2028é😀' } },
    });
    await producer.send({ value: 1 }, PATIENT);
    await until(async () => (new Scraped(await registry.metrics()).sum('outspool_spool_bytes') ?? 0) > 0);
    expect(promtool(['check', 'metrics'], await registry.metrics())).to.deep.equal({ code: 0, output: '' });
    await producer.shutdown(HANG_MS);
    expect(promtool(['check', 'metrics'], await registry.metrics())).to.deep.equal({ code: 0, output: '' });
  });
});
