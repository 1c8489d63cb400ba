import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { type Memory, Subject } from './model.ts';
import type { Script } from './processes/scripted-producer.ts';

/** Random programs, of which there are more in the soak. */
const PROGRAMS = Number(process.env.OUTSPOOL_PROGRAMS ?? 15);

type Step = (subject: Subject) => unknown;

/** How many, and what becomes of them. What takes its time comes one by one. */
const load = fc.oneof(
  { weight: 6, arbitrary: loadOf('good', 0, 40) },
  { weight: 2, arbitrary: loadOf('poison', 0, 5) },
  { weight: 1, arbitrary: loadOf('good', 1, 3) },
  { weight: 1, arbitrary: loadOf('good', 4, 1) },
  { weight: 1, arbitrary: loadOf('deadly', 0, 1) },
);

function loadOf(fate: Script['fate'], failures: number, most: number) {
  return fc.integer({ min: 1, max: most }).map((count) => [count, { fate, failures }] as const);
}

/** A step that says what it is when fast-check shows the program that failed. */
const step = (name: string, act: Step): Step => Object.assign(act, { [fc.toStringMethod]: () => name });

const part = fc.nat(9999).map((tenThousandths) => tenThousandths / 10_000);
const damage = fc.record({ file: part, at: part, cut: fc.boolean() });

const steps: fc.Arbitrary<Step> = fc.oneof(
  load.map(([n, k]) => step(`enqueue ${n} ${JSON.stringify(k)}`, (s) => s.enqueue(n, k))),
  load.map(([n, k]) => step(`produce ${n} ${JSON.stringify(k)}`, (s) => s.produce(n, k))),
  load.map(([n, k]) => step(`enqueue ${n} ${JSON.stringify(k)} in haste`, (s) => s.enqueue(n, k, 1))),
  fc.boolean().map((begins) => step(`outage ${begins}`, (s) => s.outage(begins))),
  fc.integer({ min: 1, max: 30 }).map((ms) => step(`wait ${ms}`, () => sleep(ms))),
  fc.constant(step('flush', (s) => s.flush())),
  fc.constantFrom(30, 300, 3000).map((ms) => step(`restart ${ms}`, (s) => s.restart(ms))),
  damage.map((where) => step(`corrupt ${JSON.stringify(where)}`, (s) => s.corrupt(where))),
);

const memories: fc.Arbitrary<Memory> = fc.constantFrom('small', 'large');

/** Programs that have found something once. */
const FOUND: [Memory, Step[]][] = (['small', 'large'] as const).map((memory) => [
  memory,
  [
    step('enqueue what is delivered at the second attempt', (s) => s.enqueue(1, { fate: 'good', failures: 1 })),
    step('enqueue what kills the worker then', (s) => s.enqueue(1, { fate: 'deadly', failures: 0 }, 1)),
  ],
]);

describe('a durable producer and its model', function () {
  this.timeout(30_000 + PROGRAMS * 20_000);

  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'outspool-model-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it(`agree through ${PROGRAMS} random programs: nothing lost, nothing out of order, every book balanced`, async () => {
    await fc.assert(
      fc.asyncProperty(memories, fc.array(steps, { minLength: 1, maxLength: 12 }), async (memory, program) => {
        const subject = new Subject(mkdtempSync(join(directory, 'program-')), memory);
        try {
          for (const act of program) {
            await act(subject);
            await subject.check();
          }
          await subject.finish();
        } finally {
          await subject.abandon();
        }
      }),
      {
        examples: FOUND,
        numRuns: PROGRAMS,
        interruptAfterTimeLimit: PROGRAMS * 15_000,
        markInterruptAsFailure: true,
        includeErrorInReport: true,
      },
    );
  });
});
