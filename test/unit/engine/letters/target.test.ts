import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { KafkaProducerConfig } from '../../../../src/config/kafka.ts';
import { targetOf } from '../../../../src/engine/letters/target.ts';
import { ConfigError } from '../../../../src/errors.ts';
import { letterFolder, numbered } from '../../../support/letters.ts';

describe('the dead-letter target of a producer', () => {
  let folder: string;
  beforeEach(() => {
    folder = letterFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const { signal } = new AbortController();
  const config = (more: object) =>
    KafkaProducerConfig.parse({ type: 'kafka', name: 'a', username: 'me', password: 'hunter2', ...more });

  it('is what its configuration says', async () => {
    const file = join(folder, 'l');
    await targetOf(config({ dead_letter: { file, max_bytes: '64KiB', max_files: 1 } }), undefined)?.(
      numbered(1),
      signal,
    );
    expect(readFileSync(file, 'utf8')).to.contain('"value":"1"');
    expect(targetOf(config({}), undefined)).to.equal(undefined);
  });

  it('or what code brings along, but not both, and not nothing where there must be one', () => {
    const given = () => {};
    expect(targetOf(config({ on_shutdown: 'dead_letter' }), given)).to.be.a('function');
    expect(targetOf(config({ dead_letter: { producer: 'b' } }), given)).to.be.a('function');
    const refused = (more: object, target?: () => void) =>
      expect(() => targetOf(config(more), target)).to.throw(ConfigError);
    refused({ dead_letter: { file: join(folder, 'l') } }, given)
      .with.property('message')
      .that.contains('got both');
    refused({ dead_letter: { producer: 'b' } })
      .with.property('message')
      .that.contains('only a runtime knows');
    refused({ on_shutdown: 'dead_letter' }).with.property('message').that.contains("needs 'dead_letter'");
  });
});
