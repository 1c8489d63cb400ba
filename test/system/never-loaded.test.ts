/** A class whose module never loads in the worker: what ends in time all the same. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';

const urlOf = (path: string) => JSON.stringify(new URL(`../${path}`, import.meta.url).href);
const PRODUCER = urlOf('fixtures/producers/never-loaded-producer.js');

/** How long the process may be there after its last line, in ms: less than a thread that loads is given to end in. */
const LEFT_MS = 25_000;

const application = (body: string) => `
  import { NeverLoadedProducer } from ${PRODUCER};
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const producer = new NeverLoadedProducer({ type: 'custom', name: 'never' }, { logger: quiet });
  ${body}
  console.log('ended');`;

const CASES: Readonly<Record<string, readonly [body: string, output: RegExp]>> = {
  'a shutdown': [
    'producer.produce({ value: 1 }); console.log((await producer.shutdown(200)).undelivered);',
    /^1\nended\n$/,
  ],
  'a start that times out, and a shutdown': [
    'await producer.start({ timeout: 200 }).catch(({ name }) => console.log(name)); await producer.shutdown(0);',
    /^ConnectError\nended\n$/,
  ],
  'a send that times out, and a shutdown': [
    'await producer.send({ value: 1 }, { timeout: 200 }).catch(({ name }) => console.log(name)); await producer.shutdown(0);',
    /^DeliveryTimeoutError\nended\n$/,
  ],
};

describe('a module that never loads', function () {
  this.timeout(120_000);

  for (const [name, [body, output]] of Object.entries(CASES))
    it(`does not hold the process open after ${name}`, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', application(body)], { timeout: 100_000 });
      let said = '';
      child.stdout.on('data', (text) => {
        said += text;
        if (said.endsWith('ended\n')) setTimeout(() => child.kill(), LEFT_MS).unref();
      });
      const [code] = await once(child, 'close');
      expect(said).to.match(output);
      expect(code, 'the exit code; null: it was still there').to.equal(0);
    });
});
