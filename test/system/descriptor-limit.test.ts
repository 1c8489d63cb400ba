/** The command under a real `ulimit -n`. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { COMMAND } from '../support/run-command.ts';
import { temporaryDirectories } from '../support/temporary.ts';

const WARNING =
  /^warn {2}this process may open (\d+) descriptors \(ulimit -n\), and this configuration needs some (\d+): raise the limit to (\d+)/;

describe('a descriptor limit', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();

  function run(
    limit: number,
    yaml: string,
    args: readonly string[],
    input = '',
  ): { warnings: string[]; code: number | null } {
    const cwd = directory();
    writeFileSync(join(cwd, 'p.yaml'), yaml, { mode: 0o600 });
    const command = [process.execPath, COMMAND, ...args, '-c', 'p.yaml'];
    const { stderr, status } = spawnSync('sh', ['-c', `ulimit -n ${limit}; exec "$0" "$@"`, ...command], {
      cwd,
      input,
      encoding: 'utf8',
    });
    return { warnings: stderr.split('\n').filter((line) => line.includes('descriptors')), code: status };
  }

  const FILES = (count: number) =>
    `producers:\n${Array.from({ length: count }, (_, index) => `  - { type: file, name: f${index}, path: out${index}.ndjson }\n`).join('')}`;

  it('that is too low for a pipeline is named in one line, with both figures, and the pipeline goes on', () => {
    const yaml = `${FILES(8)}routes:\n  - to: f0\nsources:\n  - { type: stdin, name: in }\n`;
    const { warnings, code } = run(300, yaml, ['pipe'], '{"value": 1}\n');
    expect(warnings).to.have.length(1);
    const [, limit, needed, enough] = (WARNING.exec(warnings[0] ?? '') ?? []).map(Number);
    expect(limit).to.equal(300);
    expect(needed).to.be.within(400, 512);
    expect(enough).to.equal(512);
    expect(code, 'workers that found none have started by then').to.equal(0);
    expect(run(512, yaml, ['pipe'], '{"value": 1}\n').warnings).to.deep.equal([]);
  });

  it('is judged by what a command uses', () => {
    expect(run(300, FILES(8), ['send', '-p', 'f3', '--value', '1'])).to.deep.equal({ warnings: [], code: 0 });
    const http = `producers:\n  - { type: http, name: h, url: 'http://127.0.0.1:1/', max_in_flight: 256, ordered: false }\n`;
    expect(run(300, http, ['send', '-p', 'h', '--value', '1', '--timeout', '1s']).warnings).to.have.length(1);
    expect(run(300, http, ['check', '--timeout', '1s']).warnings).to.have.length(1);
    expect(run(300, http, ['validate']).warnings).to.deep.equal([]);
  });
});
