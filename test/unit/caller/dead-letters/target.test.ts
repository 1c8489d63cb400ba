import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { targetOf } from '../../../../src/caller/dead-letters/target.ts';
import { KafkaProducerConfig } from '../../../../src/kinds/kafka/schema.ts';
import { ConfigError } from '../../../../src/shared/errors.ts';
import { letterFolder, numbered } from '../../../support/letters.ts';
import { LogLines } from '../../../support/log-lines.ts';

describe('the dead-letter target of a producer', () => {
  let folder: string;
  let log: LogLines;
  beforeEach(() => {
    folder = letterFolder();
    log = new LogLines();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const { signal } = new AbortController();
  const config = (more: object) =>
    KafkaProducerConfig.parse({ type: 'kafka', name: 'a', username: 'me', password: 'hunter2', ...more });

  it('is what its configuration says', async () => {
    const file = join(folder, 'l');
    await targetOf(
      config({ dead_letter: { file, max_bytes: '64KiB', max_files: 1 } }),
      undefined,
      log,
    )?.(numbered(1), signal);
    expect(readFileSync(file, 'utf8')).to.contain('"value":"1"');
    expect(targetOf(config({}), undefined, log)).to.equal(undefined);
  });

  it('or what code brings along, but not both, and not nothing where there must be one', () => {
    const given = () => {};
    expect(targetOf(config({ on_shutdown: 'dead_letter' }), given, log)).to.be.a('function');
    expect(targetOf(config({ dead_letter: { producer: 'b' } }), given, log)).to.be.a('function');
    const refused = (more: object, target?: () => void) =>
      expect(() => targetOf(config(more), target, log)).to.throw(ConfigError);
    refused({ dead_letter: { file: join(folder, 'l') } }, given)
      .with.property('message')
      .that.contains('got both');
    refused({ dead_letter: { producer: 'b' } })
      .with.property('message')
      .that.contains('only a runtime knows');
    refused({ on_shutdown: 'dead_letter' }).with.property('message').that.contains("needs 'dead_letter'");
  });

  for (const [mode, warned] of [
    [0o700, false],
    [0o775, false],
    [0o777, true],
    [0o1777, true],
  ] as const)
    it(`is ${warned ? '' : 'not '}warned of in a folder of mode ${mode.toString(8)}`, () => {
      chmodSync(folder, mode);
      targetOf(config({ dead_letter: { file: join(folder, 'l') } }), undefined, log);
      expect(log.all.includes('can be written to by other users')).to.equal(warned);
    });
});
