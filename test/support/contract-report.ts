/**
 * Keeps what the producer contract found, for every run of mocha to add to: the kinds are tested in several, each with the
 * servers that it needs. `npm run contract:table` shows all of it.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContractReport, contractReport, type SubjectResult } from '../../src/testing/contract.ts';
import { REPOSITORY } from './repository.ts';

const FOLDER = join(REPOSITORY, '.mocha-report');
const FILE = join(FOLDER, 'contract.json');

/** What earlier runs found. */
export function keptResults(): readonly SubjectResult[] {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export const mochaHooks = {
  afterAll(): void {
    const found = contractReport.toJSON();
    if (found.length === 0) return;
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(FILE, `${JSON.stringify(new ContractReport([...keptResults(), ...found]), undefined, 1)}\n`);
  },
};
