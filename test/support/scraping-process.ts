/**
 * A process with a durable producer, for tests that kill it: produces without end, and scrapes itself every few ms. Prints the producer's
 * figures of each scrape as a line of JSON. `scraping-process.ts DIRECTORY`
 */

import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import client from 'prom-client';
import { EventfulProducer } from '../fixtures/producers/eventful-producer.ts';
import { quiet } from './quiet.ts';
import { Scraped } from './scraped.ts';

const BATCH = 50;
const EVERY_MS = 5;

const [directory = ''] = process.argv.slice(2);
const registry = new client.Registry();
const producer = new EventfulProducer(
  { type: 'custom', name: 'durable', queue: { max_messages: 5000, spool: { path: directory } } },
  { logger: quiet, metrics: { client, registry }, deadLetter: () => sleep(20) },
);

async function produce(): Promise<never> {
  for (let next = 0; ; next += BATCH) {
    for (let id = next; id < next + BATCH; id++) {
      if (!producer.produce({ value: id % 40 === 0 ? 'bad' : id })) await producer.waitForRoom({ timeout: 60_000 });
    }
    await sleep(1);
  }
}

async function scrape(): Promise<never> {
  for (;;) {
    const scraped = new Scraped(await registry.metrics());
    const sum = (name: string) => scraped.sum(`outspool_${name}`);
    const figures = {
      unaccounted: scraped.unaccounted('durable'),
      accepted: sum('messages_accepted_total'),
      recovered: sum('messages_recovered_total'),
      settled: sum('messages_settled_total'),
      spoolBytes: sum('spool_bytes'),
    };
    fs.writeSync(1, `${JSON.stringify(figures)}\n`);
    await sleep(EVERY_MS);
  }
}

await Promise.all([producer.start({ timeout: 60_000 }), produce(), scrape()]);
