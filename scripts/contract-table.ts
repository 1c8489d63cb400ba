/** One table of all that the producer contract found, kind × feature; fails where a kind is missing, or a check. */

import { KINDS } from '../src/kinds/registry.ts';
import { ContractReport } from '../src/testing/contract.ts';
import { keptResults } from '../test/support/contract-report.ts';

const report = new ContractReport(keptResults());
console.log(report.table());

const kinds = new Set(report.toJSON().map(({ kind }) => kind));
const absent = [...Object.keys(KINDS), 'custom'].filter((kind) => !kinds.has(kind));
const missing = [...report.missing(), ...absent.map((kind) => `no subject of the kind ${kind}`)];
for (const line of missing) console.error(line);
process.exitCode = missing.length === 0 ? 0 : 1;
