import { expect } from 'chai';
import {
  ContractReport,
  type ContractSubject,
  type Features,
  producerContract,
} from '../../../src/testing/contract.ts';

const FEATURES: Features = {
  ordered: true,
  persistent: false,
  headers: { text: true, binary: 'refused', empty: true, null: 'empty', repeated: true },
  keys: true,
  tombstones: 'refused',
  batches: false,
  exactlyOnce: false,
};

const cellsOf = (report: ContractReport): string[][] =>
  report
    .table()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));

function reportOf(...checks: { column: 'ordered' | 'keys'; passed: boolean }[]): ContractReport {
  const report = new ContractReport();
  const row = report.row('a subject', FEATURES);
  row.kind = 'custom';
  row.registered = 3;
  row.checks.push(...checks.map((check) => ({ title: `is ${check.column}`, error: 'it was not', ...check })));
  return report;
}

describe('the report of the producer contract', () => {
  it('says what is claimed, what failed and what was not run', () => {
    const report = reportOf({ column: 'ordered', passed: true }, { column: 'keys', passed: false });
    const [, [subject, kind, ordered, , headers, keys, tombstones, , , passed] = []] = cellsOf(report);
    expect([subject, kind, ordered, headers, keys, tombstones, passed]).to.deep.equal([
      'a subject',
      'custom',
      'yes',
      'yes; binary refused, null empty (not run)',
      'yes FAILED',
      'refused (not run)',
      '1 of 3',
    ]);
  });

  it('lists what failed and what is missing', () => {
    const report = reportOf({ column: 'ordered', passed: true }, { column: 'keys', passed: false });
    expect(report.missing()).to.deep.equal(['a subject: is keys: it was not', 'a subject: 1 checks have not been run']);
  });

  it('goes through JSON, and takes the later of two runs', () => {
    const results = [reportOf({ column: 'keys', passed: false }), reportOf({ column: 'keys', passed: true })];
    const read = new ContractReport(results.flatMap((report) => JSON.parse(JSON.stringify(report))));
    expect(read.toJSON()).to.deep.equal(results[1]?.toJSON());
  });

  it('has each check of a suite as it ended, and the runner hears of it', async () => {
    const report = new ContractReport();
    const bodies: (() => Promise<void>)[] = [];
    const runner = {
      describe: (_title: string, body: () => void) => body(),
      it: (_title: string, body: () => Promise<void>) => bodies.push(body),
    };
    const factory = (): Promise<ContractSubject> => Promise.reject(new Error('no subject\nto be had'));
    producerContract('none', factory, { runner, report });
    const ends = await Promise.allSettled(bodies.map((body) => body()));
    expect(ends.map(({ status }) => status)).to.deep.equal(Array(8).fill('rejected'));
    expect(report.missing()).to.have.length(8);
    expect(report.missing()[0]).to.equal('none: publishes a simple message: Error: no subject');
  });
});
