/** `produce send` to a server that takes the connection and then answers nothing. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { send } from '../../src/cli/send/send.ts';
import { atSomePace } from '../support/pace.ts';
import { temporaryDirectories } from '../support/temporary.ts';

const INDEX = new URL('../../src/index.js', import.meta.url).href;

const CLASS = `
import { writeFileSync } from 'node:fs';
import { BaseProducer } from '${INDEX}';
export default class Frozen extends BaseProducer {
  static module = import.meta.url;
  async _connect() {}
  async _send() { writeFileSync(new URL('sending', import.meta.url), ''); await new Promise(() => setInterval(() => {}, 1000)); }
  async _close() {}
}
`;

describe('produce send to a frozen server', function () {
  this.timeout(600_000);
  const directory = temporaryDirectories();
  let folder: string;
  let said: string;

  beforeEach(() => {
    sinon.stub(process.stderr, 'write').callsFake((text) => {
      said += text;
      return true;
    });
  });
  afterEach(() => sinon.restore());

  const QUEUES = {
    'a queue that holds all': '{ max_messages: 100 }',
    'a queue that holds some': '{ max_messages: 4 }',
    'a queue that holds some, and refuses': '{ max_messages: 4, when_full: reject }',
    'a queue that holds one': '{ max_messages: 1 }',
  } as const;
  const TIMEOUT_MS = 5000;
  /** The fault took twice the timeout. The rest is for the load of the class and the end of its worker. */
  const MOST_MS = 1.8 * TIMEOUT_MS;

  for (const [name, queue] of Object.entries(QUEUES))
    it(`ends within its timeout: ${name}`, () =>
      atSomePace(async (pace) => {
        folder = directory();
        said = '';
        const config = join(folder, 'p.yaml');
        const file = join(folder, 'lines.ndjson');
        writeFileSync(join(folder, 'frozen.mjs'), CLASS);
        writeFileSync(config, `producers: [{ type: custom, module: ./frozen.mjs, name: frozen, queue: ${queue} }]\n`);
        writeFileSync(file, '1\n2\n3\n4\n5\n6\n7\n8\n9\n');
        const began = performance.now();
        const signal = new AbortController().signal;
        expect(await send({ config, file, timeoutMs: pace * TIMEOUT_MS, signal }), said).to.equal(1);
        expect(performance.now() - began, said)
          .to.be.above((pace * TIMEOUT_MS) / 2)
          .and.below(pace * MOST_MS);
        expect(existsSync(join(folder, 'sending'))).to.equal(true);
        expect(said).to.match(/0 of \d messages? delivered/);
      }));
});
