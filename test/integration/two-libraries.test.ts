/** The platform package's librdkafka and the one of node-rdkafka, in one process. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { PLATFORM_PACKAGE, searchLibrary } from '../../src/kinds/kafka/librdkafka/native/locate.ts';
import { DRIVERS, hasNodeRdkafka } from '../support/drivers.ts';

const SCRIPT = fileURLToPath(new URL('../support/both-libraries.js', import.meta.url));
const require = createRequire(import.meta.url);

const manifestOf = (name: string) => JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8'));

describe('a process with two copies of librdkafka', () => {
  const { source } = searchLibrary(process.env.OUTSPOOL_LIBRDKAFKA);
  const both = hasNodeRdkafka && source === 'platform package' ? DRIVERS : [];
  for (const first of both)
    it(`runs each on its own one, where that of the driver ${first} is loaded first`, async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, first]);
      expect(JSON.parse(stdout)).to.deep.equal({
        native: manifestOf(PLATFORM_PACKAGE).librdkafka.version,
        binding: manifestOf('node-rdkafka').librdkafka,
      });
    });
});
