/** The table of values in TypeScript: each compiles or not, in each place of a message. */

import { execFile } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { temporaryDirectories } from '../support/temporary.ts';
import { type Row, type TextOutcome, VALUES } from '../support/value-table.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Place {
  code(value: string): string;
  isTaken(row: Row): boolean;
}

/** As the call does, but where types cannot tell. */
const asValue = ({ value, types }: Row): boolean => (types ?? (value === 'refused' ? 'refused' : 'taken')) === 'taken';

/** Types know texts from bytes, but not the characters of a text. */
const asText =
  (...taken: readonly TextOutcome[]) =>
  ({ text, code, isAny }: Row): boolean =>
    isAny === true || taken.includes(text) || (text === 'refused' && code.startsWith("'"));

const PLACES: Readonly<Record<string, Place>> = {
  'the value': { code: (value) => `producer.produce({ value: ${value} });`, isTaken: asValue },
  'a member of the value': {
    code: (value) => `producer.produce({ value: { a: ${value}, b: 1 } });`,
    isTaken: (row) =>
      row.memberTypes === undefined
        ? asValue(row) && (row.types !== undefined || row.member !== 'refused')
        : row.memberTypes === 'taken',
  },
  'the key': {
    code: (value) => `producer.produce({ value: 1, key: ${value} });`,
    isTaken: asText('text', 'not a topic', 'bytes', 'null'),
  },
  'a header': {
    code: (value) => `producer.produce({ value: 1, headers: { h: ${value} } });`,
    isTaken: asText('text', 'not a topic', 'bytes', 'null'),
  },
  'the topic': {
    code: (value) => `producer.produce({ value: 1, topic: ${value} });`,
    isTaken: asText('text', 'not a topic'),
  },
};

const HEAD = `import type { BaseProducer } from ${JSON.stringify(join(ROOT, 'dist/index.js'))};\ndeclare const producer: BaseProducer;\n`;
const OPTIONS = {
  ...{ target: 'es2023', lib: ['es2023', 'esnext.disposable'], module: 'nodenext', types: ['node'], strict: true },
  ...{ noImplicitAny: false, exactOptionalPropertyTypes: true, skipLibCheck: true, noEmit: true },
};

describe('the table of values in TypeScript', function () {
  this.timeout(240_000);
  const directory = temporaryDirectories();

  /** The indices of the rows that the compiler refuses. */
  async function refused(code: Place['code']): Promise<Set<number>> {
    const folder = directory();
    writeFileSync(join(folder, 'package.json'), '{"type": "module", "name": "user"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, files: ['table.ts'] }));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'table.ts'), HEAD + VALUES.map((row) => code(row.code)).join('\n'));
    const tsc = [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder];
    const { stdout } = await promisify(execFile)(process.execPath, tsc, { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    );
    const lines = stdout.split('\n').filter((line) => /^\S.*error TS/.test(line));
    const numbers = lines.map((line) => Number(/^table\.ts\((\d+),/.exec(line)?.[1]) - HEAD.split('\n').length);
    expect(
      numbers.every((index) => index >= 0),
      `errors elsewhere:\n${stdout}`,
    ).to.equal(true);
    return new Set(numbers);
  }

  for (const [name, { code, isTaken }] of Object.entries(PLACES))
    it(`takes and refuses each as ${name}`, async () => {
      const found = await refused(code);
      const differing = VALUES.filter((row, index) => isTaken(row) === found.has(index));
      expect(differing.map((row) => `${isTaken(row) ? 'refused' : 'taken'}: ${row.code}`)).to.deep.equal([]);
    });
});
