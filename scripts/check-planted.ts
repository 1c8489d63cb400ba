/**
 * A linter that has gone blind passes everything. So: plant known faults in a copy of the tree, each in files of
 * its own, and demand that the linter reports each one by its own rule, in its own file; and that it finds nothing in the clean copy.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { REPOSITORY } from '../test/support/repository.ts';
import { type Fault, faults } from './planted-faults.ts';

const root = REPOSITORY;
const biome = path.join(root, 'scripts', 'biome.mjs');
const leftOut = new Set(['node_modules', 'dist', 'build', '.git', '.brokers', '.mocha-report']);

interface Verdict {
  readonly failed: boolean;
  readonly output: string;
}

function lint(tree: string): Verdict {
  const args = [biome, 'check', '--colors=off', '--max-diagnostics=none'];
  const run = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8' });
  return { failed: run.status !== 0, output: `${run.stdout}${run.stderr}` };
}

/** The folders under `npm/` have node_modules of their own. */
const isCopied = (source: string): boolean =>
  !leftOut.has(path.relative(root, source)) && path.basename(source) !== 'node_modules';

function copyTree(): string {
  const tree = mkdtempSync(path.join(tmpdir(), 'outspool-planted-'));
  cpSync(root, tree, { recursive: true, filter: isCopied });
  return tree;
}

/** What is wrong with the linter's view of the clean copy, or undefined. "Nothing to report" must not mean "looked at nothing". */
function blindOrDirty(tree: string): string | undefined {
  const { failed, output } = lint(tree);
  if (failed) return 'the tree does not pass before anything is planted: run npm run lint';
  const sources = readdirSync(path.join(tree, 'src'), { recursive: true, encoding: 'utf8' });
  const expected = sources.filter((name) => name.endsWith('.ts')).length;
  const checked = Number(/Checked (\d+) files/.exec(output)?.[1] ?? 0);
  if (expected > 0 && checked >= expected) return undefined;
  return `the linter looked at ${checked} files, src/ alone has ${expected}`;
}

/** Writes the fault's files and returns what puts the tree back. */
function plant(tree: string, fault: Fault): () => void {
  const undo = Object.entries(fault.files).map(([name, content]) => {
    const file = path.join(tree, name);
    const before = readOrUndefined(file);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return () => (before === undefined ? rmSync(file) : writeFileSync(file, before));
  });
  return () => {
    for (const step of undo) step();
  };
}

function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Faults that touch no file twice: they are planted together, and each must be found. */
function together(all: readonly Fault[]): Fault[][] {
  const groups: Fault[][] = [];
  for (const fault of all) {
    const names = Object.keys(fault.files);
    const free = groups.find((group) => !group.some(({ files }) => names.some((name) => name in files)));
    if (free === undefined) groups.push([fault]);
    else free.push(fault);
  }
  return groups;
}

/** Those of the group that the linter does not find. */
function missedOf(tree: string, group: readonly Fault[]): Fault[] {
  const undo = group.map((fault) => plant(tree, fault));
  const { failed, output } = lint(tree);
  for (const step of undo) step();
  const reports = output.split(/\n(?=\S+\.ts\S* )/);
  return group.filter((fault) => !failed || !found(reports, fault));
}

/** Found means: by the expected rule, in a planted file. Another complaint about the same file is not a find. */
function found(reports: readonly string[], { files, expected }: Fault): boolean {
  const names = Object.keys(files);
  return reports.some((report) => names.some((name) => report.startsWith(name)) && report.includes(expected));
}

/** The one line that says what is wrong, or undefined. */
function check(tree: string): string | undefined {
  const complaint = blindOrDirty(tree);
  if (complaint !== undefined) return complaint;
  const missed = together(faults).flatMap((group) => missedOf(tree, group));
  if (missed.length === 0) return undefined;
  return `not found: ${missed.map((fault) => `${JSON.stringify(fault.files)} (${fault.expected})`).join('; ')}`;
}

const tree = copyTree();
try {
  const complaint = check(tree);
  if (complaint === undefined) {
    console.log(`planted faults: ${faults.length} of ${faults.length} found`);
  } else {
    console.error(`planted faults: ${complaint}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(tree, { recursive: true, force: true });
}
