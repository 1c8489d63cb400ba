/** What the spool costs and holds: throughput against memory alone, a restart with a full one, a long outage. */

import { setTimeout as sleep } from 'node:timers/promises';
import { compare } from '../../bench/compare.ts';
import { DEFAULTS } from '../../bench/options.ts';
import { RecordMemory } from '../../src/shared/memory/record.ts';
import { RecordWriter } from '../../src/shared/memory/record-writer.ts';
import { Spool } from '../../src/spool/spool.ts';
import { atLeast, atMost, below, type Check, type Row, shown } from './row.ts';
import { withSpool } from './spool-run.ts';

/** `rate`: messages/s that a durable producer keeps up with, about half of what memory alone takes. */
const SIZES = [
  { bytes: 100, messages: 1_000_000, rate: 300_000 },
  { bytes: 1024, messages: 300_000, rate: 100_000 },
] as const;

export const spoolThroughput: Check = async (_options, progress) => {
  const rows: Row[] = [];
  for (const { rate, ...size } of SIZES) {
    const options = { ...DEFAULTS, ...size, spool: true, rounds: 7 };
    const fast = await compare(options, progress);
    // As fast as they can the two sides do different amounts of work; what the caller feels is compared under the same load.
    const paced = await compare({ ...options, rate }, progress);
    const runs = [...fast.runs, ...paced.runs].flat();
    const whole = runs.filter(({ accepted, delivered }) => accepted === size.messages && delivered === accepted);
    const name = (what: string) => `spool, ${size.bytes} B: ${what}`;
    const ratio = (value: number) => ({ value, unit: ' ×', digits: 2 });
    rows.push(
      atLeast(name('throughput, × in memory'), 0.7, ratio(fast.ratios.throughput)),
      // Two processes one after the other differ by a tenth without a spool, too.
      atMost(name(`event-loop delay p99 at ${rate}/s, × in memory`), 1.2, ratio(paced.ratios.delayP99)),
      shown(name('the same as fast as both can'), ratio(fast.ratios.delayP99)),
      {
        name: name('runs'),
        limit: 'all delivered',
        figure: `${whole.length} of ${runs.length}`,
        ok: whole.length === runs.length,
      },
    );
  }
  return rows;
};

const MESSAGES = 5_000_000;

export const spoolRestart: Check = async (_options, progress) =>
  withSpool(async ({ directory, start }) => {
    const count = await fill(directory, MESSAGES);
    const run = start('restart', count);
    const first = await run.said('first');
    progress(`first delivery after ${first.at.toFixed(0)} ms`);
    const { recovered, delivered } = await run.said('delivered');
    const { maximumMb } = run.memory;
    run.memory.stop();
    await run.said('ended');
    return [
      atMost(`restart with ${count} messages: first delivery, since the process began`, 3000, {
        value: first.at,
        unit: ' ms',
      }),
      below('  anonymous memory, maximum until all are delivered', 300, { value: maximumMb, unit: ' MB' }),
      {
        name: '  recovered, delivered',
        limit: `= ${count}`,
        figure: `${recovered}, ${delivered}`,
        ok: recovered === count && delivered === count,
      },
    ];
  });

const SLOT_BYTES = 60_000;

/** As a producer leaves it that could deliver nothing before its end. Returns how many messages. */
async function fill(directory: string, messages: number): Promise<number> {
  const { memory, offsets } = fullSlot();
  const spool = await Spool.open({ directory, maxBytes: 1e12, syncIntervalMs: 1_000_000 });
  while (spool.next < messages) spool.append(memory, offsets, spool.next);
  await spool.synced();
  const { pending } = spool;
  await spool.close();
  return pending;
}

function fullSlot() {
  const writer = new RecordWriter();
  const memory = new RecordMemory(new SharedArrayBuffer(SLOT_BYTES + 1000));
  const offsets: number[] = [];
  let used = 0;
  while (used < SLOT_BYTES) {
    writer.prepare({ key: `user-${offsets.length}`, value: Buffer.alloc(100, 'x') });
    offsets.push(used);
    used += writer.write(memory, used, 0);
  }
  return { memory: memory.bytes, offsets: Uint32Array.from(offsets) };
}

/** Of the queue's default, 100 000 messages. */
const TIMES = 20;
const BOUND = 100_000;
const OUTAGE_MS = 5000;

export const spoolOutage: Check = async (_options, progress) =>
  withSpool(async ({ broker, start }) => {
    const count = TIMES * BOUND;
    const run = start('outage', count);
    await run.said('connected');
    broker('down');
    await sleep(500);
    run.goOn();
    await run.said('begun');
    const early = run.memory.maximumMb;
    const late = run.watch();
    const produced = await run.said('produced');
    await sleep(OUTAGE_MS);
    progress(`${early.toFixed(0)} MB after a tenth, ${late.maximumMb.toFixed(0)} MB at most from then on`);
    const growth = late.maximumMb - early;
    late.stop();
    broker('up');
    run.goOn();
    const { delivered, pending } = await run.said('delivered');
    const { maximumMb } = run.memory;
    run.memory.stop();
    const counted = produced.accepted === count && produced.pending === count && delivered === count && pending === 0;
    return [
      atMost(`outage, ${TIMES} × the queue's bound: anonymous memory grows after the first tenth by`, 30, {
        value: growth,
        unit: ' MB',
      }),
      below('  anonymous memory, maximum until all are delivered', 300, { value: maximumMb, unit: ' MB' }),
      {
        name: '  accepted, pending in it; delivered after',
        limit: `= ${count}`,
        figure: `${produced.accepted}, ${produced.pending}; ${delivered}`,
        ok: counted,
      },
    ];
  });
