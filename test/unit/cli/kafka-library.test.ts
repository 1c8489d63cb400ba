import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { hasNodeRdkafka } from '../../support/drivers.ts';
import { runCommand } from '../../support/run-command.ts';
import { temporaryDirectories } from '../../support/temporary.ts';

const PATH = '/no/such/librdkafka.so.1';
const REASON = `there is no librdkafka at ${PATH}: look at OUTSPOOL_LIBRDKAFKA`;
const LINE = new RegExp(
  `^librdkafka +none \\(${REASON}\\): the driver 'node-rdkafka' is used if it is installed$`,
  'm',
);

const CONFIGURATION = `producers:
  - { type: kafka, name: k, bootstrap_servers: '127.0.0.1:1' }
`;

describe('a librdkafka that cannot be loaded', () => {
  const directory = temporaryDirectories();

  // Without node-rdkafka the file is refused, with the same reason and its place.
  const check = hasNodeRdkafka ? [['check', '--config', 'producers.yaml', '--timeout', '1s']] : [];
  for (const args of [['version'], ...check])
    it(`is reported with its reason by produce ${args[0]}`, async () => {
      const cwd = directory();
      writeFileSync(join(cwd, 'producers.yaml'), CONFIGURATION);
      const env = { OUTSPOOL_LIBRDKAFKA: PATH };
      const { stdout, stderr } = await runCommand({ args: [...args, '--json'], cwd, env });
      expect(stderr).to.match(LINE);
      expect(JSON.parse(stdout)).to.include({ librdkafka: null, librdkafkaError: REASON });
    });
});
