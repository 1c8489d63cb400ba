/**
 * Keeps what the producer contract found, for every run of mocha to add to: the kinds are tested in several, each with the
 * servers that it needs. `npm run contract:table` shows all of it.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ContractReport, contractReport, type SubjectResult } from '../../src/testing/contract.ts';

const FOLDER = new URL('../../.mocha-report/', import.meta.url);
const FILE = new URL('contract.json', FOLDER);

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
