/** What a newcomer meets whose class is in TypeScript, or whose bundle has lost the worker's file: one clear error, at once. */

import { execFile } from 'node:child_process';
import { cpSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { temporaryDirectories } from '../support/temporary.ts';

const SOURCES = join(import.meta.dirname, '../../src');
const MODULES = join(import.meta.dirname, '../../../node_modules');

const CLASS = `import { BaseProducer } from './copy/index.js';
export class Own extends BaseProducer {
  static module = PLACE;
  _connect() {} _send() {} _close() {}
}
`;
const MAIN = `import { Own } from './own.mjs';
const producer = new Own({ type: 'custom', name: 'own' }, { logger: { debug() {}, info() {}, warn() {}, error() {} } });
const error = await producer.start({ timeout: 30_000 }).catch((thrown) => thrown);
const { state, workerRestarts } = producer.stats();
console.log(JSON.stringify({ name: error?.name, message: error?.message, state, workerRestarts }));
await producer.shutdown(1000);
`;

interface Told {
  readonly name: string;
  readonly message: string;
  readonly state: string;
  readonly workerRestarts: number;
}

describe('a worker that cannot begin', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();

  function project(place: string): string {
    const folder = directory();
    cpSync(SOURCES, join(folder, 'copy'), { recursive: true });
    symlinkSync(MODULES, join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'own.mjs'), CLASS.replace('PLACE', place));
    writeFileSync(join(folder, 'main.mjs'), MAIN);
    return folder;
  }

  const run = (folder: string): Promise<Told> =>
    new Promise((resolve, reject) => {
      execFile(process.execPath, [join(folder, 'main.mjs')], (error, stdout, stderr) => {
        if (error) reject(new Error(`${error.message}\n${stderr}`));
        else resolve(JSON.parse(stdout) as Told);
      });
    });

  it('because a bundle has lost its file ends the producer and says what to leave out', async () => {
    const folder = project('import.meta.url');
    rmSync(join(folder, 'copy', 'worker', 'boot.cjs'));
    const { message, ...rest } = await run(folder);
    expect(rest).to.deep.equal({ name: 'ProducerClosedError', state: 'failed', workerRestarts: 0 });
    expect(message).to.match(
      /^producer own is failed: the file of the worker thread is not at \/.*boot\.cjs: a bundle must leave the package outspool out/,
    );
  });

  it('because its class is in TypeScript ends the producer and says what runs it', async () => {
    // An enum is more than a type, so that no Node runs this by itself.
    const folder = project("new URL('own.ts', import.meta.url).href");
    writeFileSync(join(folder, 'own.ts'), `enum E { a }\n${CLASS}`);
    const { message, ...rest } = await run(folder);
    expect(rest).to.deep.equal({ name: 'ConfigError', state: 'failed', workerRestarts: 0 });
    expect(message).to.match(
      /^the worker cannot run file:.*own\.ts \(.*\): name the compiled JavaScript .* use Node 22\.18 .* docs\/kinds\/custom\.md shows; those of tsx/,
    );
  });
});
