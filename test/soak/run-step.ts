/** One step in a mocha of its own; a mocha that ends without a result, as by a native crash, is a failure. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Step } from './steps.ts';

export interface StepResult {
  readonly name: string;
  readonly env: Step['env'];
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  readonly failures: readonly string[];
  /** What the tests printed: their counts. */
  readonly figures: readonly string[];
}

/** The part of mocha's JSON report that is of use here. */
interface MochaReport {
  readonly stats: { readonly passes: number; readonly failures: number };
  readonly failures: ReadonlyArray<{ readonly fullTitle: string; readonly err: { readonly message?: string } }>;
}

export async function runStep({ name, file, env }: Step): Promise<StepResult> {
  const directory = await mkdtemp(join(tmpdir(), 'outspool-soak-'));
  const output = join(directory, 'report.json');
  const begin = performance.now();
  try {
    const config = await configWithoutSpec(directory);
    const { ended, printed } = await mocha(
      ['--config', config, '--reporter-option', `output=${output}`, emitted(file)],
      env,
    );
    const report = await readReport(output);
    const seconds = Math.round((performance.now() - begin) / 1000);
    return { name, env, seconds, ...summary(report, ended), figures: printed };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The path of the JavaScript that a source becomes. */
const emitted = (file: string) => join('build', file.replace(/\.ts$/, '.js'));

/** Mocha adds the files of its configuration to those that it is given; one file needs no processes beside it. */
async function configWithoutSpec(directory: string): Promise<string> {
  const { spec: _spec, parallel: _parallel, ...rest } = JSON.parse(await readFile('.mocharc.json', 'utf8'));
  const path = join(directory, 'mocharc.json');
  await writeFile(path, JSON.stringify(rest));
  return path;
}

async function mocha(args: readonly string[], env: Step['env']): Promise<{ ended: string; printed: string[] }> {
  const child = spawn('npx', ['mocha', '--reporter', 'json', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 2],
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const [code, signal] = await once(child, 'close');
  const lines = output.split('\n').map((line) => line.trim());
  return { ended: signal === null ? `code ${code}` : `signal ${signal}`, printed: lines.filter((line) => line !== '') };
}

const readReport = async (path: string): Promise<MochaReport | undefined> =>
  readFile(path, 'utf8').then(JSON.parse, () => undefined);

function summary(report: MochaReport | undefined, ended: string): Pick<StepResult, 'passed' | 'failed' | 'failures'> {
  if (report === undefined) return { passed: 0, failed: 1, failures: [`mocha ended with ${ended}, without a report`] };
  const failures = report.failures.map(({ fullTitle, err }) => `${fullTitle}: ${err.message ?? ''}`);
  const { passes: passed, failures: failed } = report.stats;
  if (failed > 0 || ended === 'code 0') return { passed, failed, failures };
  return { passed, failed: 1, failures: [`mocha ended with ${ended}`] };
}
