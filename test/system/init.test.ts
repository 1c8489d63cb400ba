/** `produce init` through the built command: what it writes passes `produce validate`. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KINDS } from '../../src/kinds/registry.ts';
import { REPOSITORY } from '../support/repository.ts';
import { runCommand } from '../support/run-command.ts';

/** A folder of an application, which has the package installed. */
function application(): string {
  const folder = mkdtempSync(join(tmpdir(), 'outspool-init-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(REPOSITORY, join(folder, 'node_modules/outspool'));
  symlinkSync(join(REPOSITORY, 'node_modules/zod'), join(folder, 'node_modules/zod'));
  return folder;
}

const ALL = [...Object.keys(KINDS), 'custom'];

describe('produce init', () => {
  for (const kinds of [...ALL.map((kind) => [kind]), ALL])
    it(`writes a file that passes produce validate --strict: ${kinds.join(', ')}`, async () => {
      const cwd = application();
      const made = await runCommand({ args: ['init', ...kinds, '-o', 'config/new.yaml'], cwd });
      expect(made).to.deep.include({ code: 0, stdout: '' });
      expect(made.stderr)
        .to.match(/^wrote config\/new\.yaml$/m)
        .and.to.match(/^next: produce validate config\/new/m);
      const checked = await runCommand({ args: ['validate', '--strict', 'config/new.yaml'], cwd });
      expect(checked.stderr).to.equal(`config/new.yaml: ${kinds.length} producer${kinds.length > 1 ? 's' : ''}, ok\n`);
      expect(checked.code).to.equal(0);
    });

  it('writes to the standard output, for kafka where no kind is named', async () => {
    const cwd = application();
    const { code, stdout, stderr } = await runCommand({ args: ['init'], cwd });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    const checked = await runCommand({ args: ['validate', '-'], stdin: stdout, cwd });
    expect(checked.stderr).to.equal('-: 1 producer, ok\n');
  });

  it('writes nothing at all where one of its files exists', async () => {
    const cwd = application();
    writeFileSync(join(cwd, 'custom-producer.mjs'), '// mine');
    const { code, stderr } = await runCommand({ args: ['init', 'custom', '-o', 'new.yaml'], cwd });
    expect({ code, stderr }).to.deep.equal({
      code: 2,
      stderr: 'error: custom-producer.mjs exists; name a file that does not\n',
    });
    expect(existsSync(join(cwd, 'new.yaml'))).to.equal(false);
    expect(readFileSync(join(cwd, 'custom-producer.mjs'), 'utf8')).to.equal('// mine');
  });

  for (const output of ['custom-producer.mjs', './custom-producer.mjs'])
    it(`does not write its class in the place of the configuration: ${output}`, async () => {
      const cwd = application();
      const { code, stderr } = await runCommand({ args: ['init', 'custom', '-o', output], cwd });
      expect({ code, stderr }).to.deep.equal({
        code: 2,
        stderr: `error: --output ${output}: this is the path of the class that 'custom' needs; name another file\n`,
      });
      expect(existsSync(join(cwd, 'custom-producer.mjs'))).to.equal(false);
    });
});
