/**
 * The spool by itself: append and settle, sync, read back, and opening a large one. 64 KiB batches of packed records, as the
 * queue's slots are.
 *
 *     npm run build:all && node build/bench/spool.js [--bytes 100] [--messages 3000000] [--open 5000000]
 */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RecordMemory } from '../src/shared/memory/record.ts';
import { RecordWriter } from '../src/shared/memory/record-writer.ts';
import { Spool } from '../src/spool/spool.ts';
import { anonymousMb } from './anonymous-memory.ts';
import { table } from './table.ts';

const SLOT_BYTES = 60_000;
const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '100' },
    messages: { type: 'string', default: '3000000' },
    open: { type: 'string', default: '5000000' },
  },
});
const valueBytes = Number(values.bytes);

interface Slot {
  readonly memory: Uint8Array;
  readonly offsets: Uint32Array;
}

function fullSlot(): Slot {
  const writer = new RecordWriter();
  const memory = new RecordMemory(new SharedArrayBuffer(SLOT_BYTES + valueBytes + 100));
  const offsets: number[] = [];
  let used = 0;
  while (used < SLOT_BYTES) {
    writer.prepare({ key: `user-${offsets.length}`, value: Buffer.alloc(valueBytes, offsets.length) });
    offsets.push(used);
    used += writer.write(memory, used, 0);
  }
  return { memory: memory.bytes, offsets: Uint32Array.from(offsets) };
}

const slot = fullSlot();
const batch = slot.offsets.length;
const rows: string[][] = [];
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

function note(name: string, count: number, ms: number): void {
  const rate = `${((count / ms) * 1000).toFixed(0)}/s`;
  rows.push([name, String(count), `${ms.toFixed(0)} ms`, `${((ms * 1000) / count).toFixed(3)} µs`, rate]);
}

const open = (directory: string, syncIntervalMs = 1_000_000) =>
  Spool.open({ directory, maxBytes: 1e12, syncIntervalMs, onLoss: (loss) => console.error(loss) });

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Each batch settles `behind` batches later, one message at a time where `single`. */
async function appendAndSettle(directory: string, single: boolean): Promise<void> {
  const spool = await open(directory);
  const count = Math.ceil(Number(values.messages) / batch) * batch;
  let appendMs = 0;
  const start = performance.now();
  for (let first = 0; first < count; first += batch) {
    const before = performance.now();
    spool.append(slot.memory, slot.offsets, first);
    appendMs += performance.now() - before;
    if (single) for (let sequence = first; sequence < first + batch; sequence++) spool.settle(sequence);
    else spool.settle(first, first + batch - 1);
    if ((first / batch) % 8 === 0) await turn();
  }
  const label = single ? 'append + settle one by one' : 'append + settle a batch';
  note(label, count, performance.now() - start);
  note('  of which append', count, appendMs);
  await spool.close();
}

/** Everything on disk before the next group is written. */
async function durable(directory: string): Promise<void> {
  const spool = await open(directory, 0);
  const groups = 200;
  const start = performance.now();
  for (let group = 0; group < groups; group++) {
    for (let at = 0; at < 8; at++) spool.append(slot.memory, slot.offsets, spool.next);
    await spool.synced();
    spool.settle(spool.next - 8 * batch, spool.next - 1);
  }
  note('8 batches, then synced()', groups * 8 * batch, performance.now() - start);
  await spool.close();
}

async function one(directory: string): Promise<void> {
  const spool = await open(directory, 0);
  const offsets = slot.offsets.subarray(0, 1);
  const start = performance.now();
  for (let at = 0; at < 1000; at++) {
    spool.append(slot.memory, offsets, spool.next);
    await spool.synced();
    spool.settle(spool.next - 1);
  }
  note('1 record, then synced()', 1000, performance.now() - start);
  await spool.close();
}

async function openLarge(directory: string): Promise<void> {
  const count = Math.ceil(Number(values.open) / batch) * batch;
  const filling = await open(directory);
  for (let first = 0; first < count; first += batch) filling.append(slot.memory, slot.offsets, first);
  const bytes = filling.bytes;
  fs.cpSync(directory, `${directory}-crashed`, { recursive: true });
  await filling.close();
  for (const [name, path] of [
    ['closed', directory],
    ['crashed', `${directory}-crashed`],
  ] as const) {
    const memoryBefore = anonymousMb(process.pid);
    const start = performance.now();
    const spool = await open(path);
    const openMs = performance.now() - start;
    const chunk = spool.read(0, { maxBytes: 64 * 1024 });
    const firstMs = performance.now() - start;
    const held = anonymousMb(process.pid) - memoryBefore;
    console.log(
      `${name}, ${spool.pending} messages in ${megabytes(bytes)}: open ${openMs.toFixed(1)} ms, ` +
        `first chunk of ${chunk?.offsets.length} after ${firstMs.toFixed(1)} ms, ${held.toFixed(0)} MB more memory`,
    );
    if (name === 'closed') readThrough(spool);
    await spool.close();
  }
}

function readThrough(spool: Spool): void {
  const start = performance.now();
  let next = 0;
  for (let chunk = spool.read(0, { maxBytes: 65_536 }); chunk; chunk = spool.read(next, { maxBytes: 65_536 }))
    next = chunk.first + chunk.offsets.length;
  note('read and verify', next, performance.now() - start);
}

const root = fs.mkdtempSync(join(tmpdir(), 'outspool-bench-'));
try {
  console.log(`values of ${valueBytes} bytes, ${batch} records a batch`);
  await appendAndSettle(join(root, 'warm-up'), false);
  rows.length = 0;
  await appendAndSettle(join(root, 'batches'), false);
  await appendAndSettle(join(root, 'single'), true);
  await durable(join(root, 'durable'));
  await one(join(root, 'one'));
  await openLarge(join(root, 'large'));
  console.log(`\n${table([['', 'records', 'time', 'a record', 'rate'], ...rows])}`);
} finally {
  fs.rmSync(root, { recursive: true, force: true });
}
