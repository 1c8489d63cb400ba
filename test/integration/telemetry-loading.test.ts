import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';

const urlOf = (path: string) => JSON.stringify(new URL(`../../${path}`, import.meta.url).href);

/** A process that sends one message, and prints which modules of OpenTelemetry are loaded. All of them are CommonJS. */
const application = (before: string, options: string) => `
  import { createRequire } from 'node:module';
  import { ProducerRuntime } from ${urlOf('src/index.js')};
  ${before}
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const runtime = await ProducerRuntime.fromDefinitions(
    [{ kind: 'memory', config: { type: 'memory', name: 'kept' } }], { logger, ${options} });
  await runtime.producer('kept').send({ value: 1 }, { timeout: '60s' });
  await runtime.shutdown(1000);
  const { cache } = createRequire(import.meta.url);
  const loaded = Object.keys(cache).map((file) => /@opentelemetry.([a-z-]+)/.exec(file)?.[1]).filter(Boolean);
  console.log(JSON.stringify([...new Set(loaded)]));`;

async function loadedBy(before: string, options: string): Promise<string[]> {
  const args = ['--input-type=module', '-e', application(before, options)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  expect(code).to.equal(0);
  return JSON.parse(output) as string[];
}

describe('the modules of OpenTelemetry', () => {
  it('are not loaded, unless the application passes the API in', async () => {
    expect(await loadedBy('', '')).to.deep.equal([]);
  });

  it('are those that the application has loaded itself, and no more', async () => {
    const given = await loadedBy("import * as api from '@opentelemetry/api';", 'telemetry: { api }');
    expect(given).to.deep.equal(['api']);
  });
});
