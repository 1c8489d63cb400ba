/** `produce pipe --operations`: the pipeline is shown while it runs, its sources included. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { httpCall } from '../support/http-call.ts';
import { REPOSITORY } from '../support/repository.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const FILE = `
producers: [{ type: memory, name: orders }]
sources: [{ type: stdin, name: lines }]
operations: { token: a-token-of-enough-length, listen: '192.0.2.1:9464' }
`;

describe('produce pipe --operations', () => {
  const directory = temporaryDirectories();

  const run = (...flags: readonly string[]) => {
    const file = join(directory(), 'pipeline.yaml');
    writeFileSync(file, FILE, { mode: 0o600 });
    const child = spawn(join(REPOSITORY, 'bin/produce'), ['pipe', '-c', file, ...flags]);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (piece) => {
      stderr += piece;
    });
    return { child, stderr: () => stderr };
  };

  it('listens where the flag says, with the token of the file, and shows what the sources have read', async () => {
    const { child, stderr } = run('--operations', '127.0.0.1:0');
    child.stdin.write('{"total":1}\n');
    const at = () => /listening on (\S+)/.exec(stderr())?.[1];
    await until(() => at() !== undefined);
    const url = at();
    expect((await httpCall(`${url}status`)).status).to.equal(401);
    const headers = { authorization: 'Bearer a-token-of-enough-length' };
    const status = () => httpCall(`${url}status`, { headers });
    await until(async () => Object(Object((await status()).body.producers).orders).delivered === 1);
    expect((await status()).body)
      .to.have.nested.property('sources.lines')
      .that.includes({ type: 'stdin', read: 1 });
    child.stdin.end();
    expect((await once(child, 'exit'))[0], stderr()).to.equal(0);
  });

  it('ends with one line where the address cannot be had', async () => {
    const { child, stderr } = run();
    child.stdin.end();
    const [code] = await once(child, 'exit');
    expect([code, stderr()]).to.deep.equal([2, stderr()]);
    expect(stderr()).to.match(/pipeline\.yaml:4:\d+ {2}operations\.listen {2}this machine has no such address/);
  });
});
