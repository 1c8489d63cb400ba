import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ErrorName } from '../faults/fault.ts';
import { build, missing, SOURCE, seenCalls, shimEnv } from '../faults/shim.ts';
import { CALLS } from '../faults/table.ts';

/** Reads ten bytes three times and prints what became of each. */
const READER = `
  const fs = require('node:fs');
  const fd = fs.openSync(process.argv[1], 'r');
  fs.existsSync('/faults/phase/steady');
  const read = () => {
    try {
      return fs.readSync(fd, Buffer.alloc(10), 0, 10, 0);
    } catch (error) {
      return error.code;
    }
  };
  console.log([read(), read(), read()].join(' '));
`;

it('the library knows every call that the table names', () => {
  const source = readFileSync(SOURCE, 'utf8');
  for (const call of CALLS) expect(source).to.include(`"${call}"`);
});

if (missing() === undefined)
  describe('the library that lets a system call fail', () => {
    let directory: string;
    let library: string;
    before(() => {
      directory = mkdtempSync(join(tmpdir(), 'outspool-shim-'));
      library = build(directory);
      writeFileSync(join(directory, '12.data'), '0123456789');
    });
    after(() => rmSync(directory, { recursive: true, force: true }));

    function run(error: ErrorName, nth: number): { printed: string; failed: boolean[] } {
      const log = join(directory, `${error}-${nth}`);
      const fault = { phase: 'steady', call: 'read', place: 'node:#.data', error, nth } as const;
      const env = { ...process.env, ...shimEnv({ library, log, root: directory, fault }) };
      const printed = execFileSync(process.execPath, ['-e', READER, join(directory, '12.data')], { env });
      const reads = seenCalls(log).filter(({ place }) => place === fault.place);
      return { printed: String(printed).trim(), failed: reads.map(({ failed }) => failed) };
    }

    it('fails the call that it is told to, once, and writes down all of them', () => {
      expect(run('EIO', 2)).to.deep.equal({ printed: '10 EIO 10', failed: [false, true, false] });
    });

    it('moves a part of the bytes', () => {
      expect(run('IN_PART', 3)).to.deep.equal({ printed: '10 10 5', failed: [false, false, true] });
    });

    it('fails none where there are fewer', () => {
      expect(run('EIO', 4)).to.deep.equal({ printed: '10 10 10', failed: [false, false, false] });
    });
  });
