/** A producer with a spool that finds no descriptor left when it starts: it heals when there are some again. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const LIMIT = 160;
const urlOf = (path: string) => JSON.stringify(new URL(`../../src/kinds/${path}`, import.meta.url).href);

/** Runs out of descriptors but for `spare`, starts, and has them again after a while. */
const source = (spare: number, folder: string) => `
  import { closeSync, openSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { FileProducer } from ${urlOf('file/file-producer.js')};
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const folder = ${JSON.stringify(folder)};
  const queue = { spool: { path: folder + '/spool' } };
  const producer = new FileProducer({ type: 'file', name: 'm', path: folder + '/out', queue }, { logger: quiet });
  const taken = [];
  try { for (;;) taken.push(openSync('/dev/null')); } catch {}
  for (const fd of taken.splice(0, ${spare})) closeSync(fd);
  producer.produce({ value: 1 });
  await sleep(500);
  for (const fd of taken) closeSync(fd);
  await producer.send({ value: 2 }, { timeout: 60_000 });
  const { delivered } = await producer.shutdown();
  console.log(delivered);
  process.exit(0);`;

describe('a producer with a spool that starts without descriptors', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outspool-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const spare of [0, 1, 2, 3, 6, 12, 24])
    it(`delivers all when there are some again, with ${spare} to spare before`, async () => {
      const command = [process.execPath, '--input-type=module', '-e', source(spare, folder)];
      const { stdout } = await run('sh', ['-c', `ulimit -n ${LIMIT}; exec "$0" "$@"`, ...command]);
      expect(stdout).to.equal('2\n');
    });
});
