/** Failures that end the worker, and with it begin a new one, whatever Node was told to do with unhandled rejections. */

import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const PRODUCER = JSON.stringify(new URL('../fixtures/producers/odd-producers.js', import.meta.url).href);

const APPLICATION = `
  import { LoggingProducer } from ${PRODUCER};
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const producer = new LoggingProducer({ type: 'custom', name: 'again' }, { logger: quiet });
  await producer.send({ value: 1 }, { timeout: 20_000 });
  console.log(producer.stats().workerRestarts);
  await producer.shutdown(1000);`;

/** The end of a module's source, and what it says the first time that a worker loads the module. */
const BROKEN: Readonly<Record<string, readonly [module: string, statement: string]>> = {
  'cannot load its modules': ['/src/worker/entry.js', "throw new Error('not to be loaded');"],
  'has a loop that throws': [
    '/src/worker/delivery/loop.js',
    "DeliveryLoop.prototype.run = async () => { throw new Error('a bug'); };",
  ],
};

function application(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'outspool-')), 'application.mjs');
  writeFileSync(file, APPLICATION);
  return file;
}

/** The address of a module that has Node break `module` for one worker. */
function breaking(module: string, statement: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'outspool-'));
  const marker = JSON.stringify(join(folder, 'broken'));
  const source = `
    import { isMainThread as isMain } from 'node:worker_threads';
    import { existsSync as isThere, writeFileSync as write } from 'node:fs';
    if (!isMain && !isThere(${marker})) { write(${marker}, ''); ${statement} }`;
  const hooks = `export const load = async (url, context, next) => {
    const loaded = await next(url, context);
    return url.endsWith(${JSON.stringify(module)}) ? { ...loaded, source: loaded.source + ${JSON.stringify(source)} } : loaded;
  };`;
  const file = join(folder, 'breaking.mjs');
  const address = `data:text/javascript,${encodeURIComponent(hooks)}`;
  writeFileSync(file, `import { register } from 'node:module'; register(${JSON.stringify(address)});`);
  return pathToFileURL(file).href;
}

describe('a worker that fails is replaced', function () {
  this.timeout(60_000);

  for (const mode of ['throw', 'warn', 'none'])
    for (const [name, [module, statement]] of Object.entries(BROKEN))
      it(`where it ${name} (--unhandled-rejections=${mode})`, async () => {
        const flags = [`--unhandled-rejections=${mode}`, '--import', breaking(module, statement)];
        const { stdout } = await run(process.execPath, [...flags, application()], { timeout: 30_000 });
        expect(stdout).to.equal('1\n');
      });
});
