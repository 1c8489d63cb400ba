/**
 * Run as a process of its own, with a low limit of open files: connects again and again with so few descriptors to spare as
 * the argument says. Prints a line of JSON with what it holds after some rounds and after many.
 */

import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from '../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import { LEDGER_BYTES, LibrdkafkaDriver } from '../../src/kinds/kafka/librdkafka/send/driver.ts';
import { resources, settleTo } from './process-resources.ts';

const ROUNDS = 50;
const FIRST_ROUNDS = 3;

const spare = Number(process.argv[2]);
let errors: Record<string, number> = {};
let isLedgerEmpty = true;

async function round(): Promise<void> {
  const ledger = new SharedArrayBuffer(LEDGER_BYTES);
  const driver = new LibrdkafkaDriver({
    properties: { 'bootstrap.servers': '127.0.0.1:1', log_level: '0' },
    topicProperties: {},
    defaults: { topic: 't', errorTopic: 'e' },
    ledger,
    log: () => {},
  });
  await driver.open(AbortSignal.timeout(20)).catch(({ name }: Error) => {
    errors[name] = (errors[name] ?? 0) + 1;
  });
  await driver.close(200);
  isLedgerEmpty &&= new Ledger(ledger).isEmpty;
}

/** Takes all descriptors that the process may still have, does `work` with `spare` of them, and gives them back. */
async function withFew(work: () => Promise<void>): Promise<void> {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {}
  for (const fd of taken.splice(0, spare)) closeSync(fd);
  await work();
  for (const fd of taken) closeSync(fd);
}

async function rounds(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await round();
}

loadNative();
// Whatever stays for good comes with the first rounds.
await rounds(FIRST_ROUNDS);
await withFew(() => rounds(FIRST_ROUNDS));
await sleep(300);
const before = resources();
errors = {};
await withFew(() => rounds(ROUNDS));
const after = await settleTo(before, 2000);
process.stdout.write(`${JSON.stringify({ before, after, errors, isLedgerEmpty })}\n`);
