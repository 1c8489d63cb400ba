/** Registers the checks of a subject with a test runner, and records their results. */

import { assertNames } from '../../caller/known-options.ts';
import { Bench } from './bench.ts';
import type { Check, Claimed } from './check.ts';
import { baseChecks } from './checks/base.ts';
import { batchChecks } from './checks/batches.ts';
import { deliveryChecks } from './checks/delivery.ts';
import { letterChecks } from './checks/letters.ts';
import { lifeChecks } from './checks/life.ts';
import { outageChecks } from './checks/outage.ts';
import { partChecks } from './checks/parts.ts';
import { queueChecks } from './checks/queue.ts';
import { secretChecks } from './checks/secrets.ts';
import { spoolChecks } from './checks/spool.ts';
import { waitChecks } from './checks/waits.ts';
import { workerChecks } from './checks/worker.ts';
import { assertClaims } from './claim-check.ts';
import { type CheckResult, contractReport } from './report.ts';
import {
  type ContractFactory,
  type ContractOptions,
  type Runner,
  type SubjectFactory,
  subjectFrom,
} from './subject.ts';

const OPTIONS = [
  'features',
  'server',
  'poison',
  'inline',
  'takesSecret',
  'runner',
  'report',
] as const satisfies readonly (keyof ContractOptions)[];

/** Returns the checks for these claims. */
export function checksFor(options: ContractOptions): readonly Check[] {
  const { features, inline = false, takesSecret = false } = options;
  const base = baseChecks(features);
  if (features === undefined) return base;
  const claimed: Claimed = { ...options, features };
  return [
    ...base,
    ...deliveryChecks(features),
    ...partChecks(features),
    ...batchChecks(claimed),
    ...queueChecks(features),
    ...waitChecks(),
    ...outageChecks(claimed),
    ...workerChecks(claimed),
    ...letterChecks(claimed),
    ...spoolChecks(features),
    ...lifeChecks(inline),
    ...secretChecks(takesSecret),
  ];
}

/**
 * Registers the suite, which every producer must pass, whatever it delivers to.
 *
 *     producerContract('my producer', async ({ unavailable, settings, options }) => ({ producer, getMessageFromTopic }), { features });
 *
 * @throws TypeError for features that are misspelt, missing, or have a wrong value, and outside of a test runner; ConfigError for
 * unknown options
 */
export function producerContract(name: string, factory: SubjectFactory, options: ContractOptions = {}): void {
  assertNames(options, 'producerContract', OPTIONS);
  const { runner = globalThis as unknown as Runner, report = contractReport } = options;
  if (typeof runner.describe !== 'function' || typeof runner.it !== 'function')
    throw new TypeError(
      "producerContract needs 'describe' and 'it': run it with mocha, or give those of another runner as 'runner'",
    );
  if (options.features !== undefined) assertClaims(name, options.features);
  const checks = checksFor(options);
  const row = report.row(name, options.features);
  row.registered += checks.length;
  const noting: ContractFactory = async (asked) => {
    const subject = subjectFrom(await factory(asked));
    row.kind ??= String(subject.producer.config.type);
    return subject;
  };
  runner.describe(`producer contract: ${name}`, () => {
    for (const check of checks)
      runner.it(check.title, async () => {
        const result = { title: check.title, column: check.column };
        const note = (rest: Pick<CheckResult, 'passed' | 'error'>) => void row.checks.push({ ...result, ...rest });
        try {
          await runCheck(check, noting, options);
          note({ passed: true });
        } catch (error) {
          note({ passed: false, error: String(error).split('\n', 1)[0] ?? '' });
          throw error;
        }
      });
  });
  // The owner of another report prints it.
  if (options.report === undefined && runner.after) contractReport.printBehind((body) => runner.after?.(body));
}

let topics = 0;

/** Runs one check with its own subjects. @throws the error of the check */
export async function runCheck(check: Check, factory: ContractFactory, options: ContractOptions): Promise<void> {
  const bench = new Bench(`contract-${process.pid}-${Date.now()}-${topics++}`, factory, options);
  try {
    await check.run(bench);
  } finally {
    await bench.end();
  }
}
