/**
 * Keeps what the producer contract found: the kinds are tested in several runs of mocha, each with the servers that it needs.
 * `npm run contract:table` shows all of it. Each npm script has files of its own, one for each of mocha's processes: they run at the
 * same time.
 */

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContractReport, contractReport, type SubjectResult } from '../../src/testing/contract.ts';
import { REPOSITORY } from './repository.ts';

const FOLDER = join(REPOSITORY, '.mocha-report');
const { npm_lifecycle_event: script = 'mocha', MOCHA_WORKER_ID: worker = '' } = process.env;
const FILE = `${script.replace(':', '-')}${worker}.json`;

/** What earlier runs found, the latest last. */
export function keptResults(): readonly SubjectResult[] {
  const age = (name: string) => statSync(join(FOLDER, name)).mtimeMs;
  return keptFiles()
    .toSorted((one, other) => age(one) - age(other))
    .flatMap(resultsIn);
}

const resultsIn = (name: string): SubjectResult[] => JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));

function keptFiles(): string[] {
  mkdirSync(FOLDER, { recursive: true });
  return readdirSync(FOLDER);
}

export const mochaHooks = {
  afterAll(): void {
    const found = contractReport.toJSON();
    if (found.length === 0) return;
    const before = keptFiles().includes(FILE) ? resultsIn(FILE) : [];
    writeFileSync(join(FOLDER, FILE), `${JSON.stringify(new ContractReport([...before, ...found]), undefined, 1)}\n`);
  },
};
