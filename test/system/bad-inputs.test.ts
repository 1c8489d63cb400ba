/** Every row of the table of bad inputs, and every bad configuration, through the built command. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { BAD_INPUTS } from '../bad-inputs/table.ts';
import { type RunResult, runCommand } from '../support/run-command.ts';
import { withoutKinds } from '../unit/config/helpers.ts';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url)).replace(/\/$/, '');

const FIXTURES = folder('../bad-inputs/fixtures/');
const BAD_CONFIG = folder('../fixtures/bad-config/');

/** What a person reads, without tables and with what differs between runs replaced. */
function linesOf({ stderr }: RunResult, here: string): string[] {
  const paragraphs = stderr.split('\n\n').filter((paragraph) => !paragraph.startsWith('producer  '));
  return paragraphs
    .flatMap((paragraph) => paragraph.split('\n'))
    .filter((line) => line !== '')
    .map((line) =>
      withoutKinds(line)
        .replaceAll(here, '<here>')
        .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>')
        .replaceAll(/after \d+ms/g, 'after <n>ms'),
    );
}

const STACK = /^\s+at |\bat .*:\d+:\d+\)/m;

describe('bad inputs', () => {
  for (const { what, args, stdin = '', stderr, code } of BAD_INPUTS)
    it(what, async () => {
      const run = await runCommand({ args, stdin, cwd: FIXTURES });
      expect(linesOf(run, FIXTURES)).to.deep.equal(stderr);
      expect(run.code).to.equal(code);
      expect(run.stderr).not.to.match(STACK);
      expect(run.stdout).to.equal('');
    });

  // Not in the table, because a line about the attempt that is cut off may come or not.
  for (const [command, ...flags] of [
    ['send', '-p', 'never-settles', '--value', '1'],
    ['smoke', '-n', '1', '--yes'],
  ] as const)
    it(`a class whose _send never settles, in ${command}`, async () => {
      const args = [command, '-c', 'never-settles.yaml', '--timeout', '5s', ...flags];
      const { stderr, code } = await runCommand({ args, cwd: FIXTURES });
      expect(stderr).to.match(
        /^never-settles: 1 message left, an attempt has been running for [\d.]+ s and has not ended \(the class's _send has not settled\)\nFAILED: 0 of 1 message delivered$/m,
      );
      expect(code).to.equal(1);
    });

  it('has a row for each of at least thirty', () => {
    expect(new Set(BAD_INPUTS.map(({ what }) => what)).size)
      .to.equal(BAD_INPUTS.length)
      .and.at.least(30);
  });
});

describe('bad configurations', () => {
  const expected = JSON.parse(readFileSync(`${BAD_CONFIG}/expected.json`, 'utf8')) as Record<string, string[]>;
  for (const [file, lines] of Object.entries(expected))
    it(file, async () => {
      const run = await runCommand({ args: ['validate', file], cwd: BAD_CONFIG });
      // What librdkafka was built without is not the same everywhere.
      const told = run.stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !line.includes('was built without'))
        .map(withoutKinds);
      expect(told).to.deep.equal(lines);
      expect(run.code).to.equal(2);
    });
});
