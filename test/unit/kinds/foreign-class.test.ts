import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadCustomClass } from '../../../src/kinds/custom.ts';
import { ConfigError } from '../../../src/shared/errors.ts';
import { temporaryDirectories } from '../../support/temporary.ts';

const HOOKS = '_connect() {} _send() {} _close() {}';
const SOURCES = join(import.meta.dirname, '../../../src');
const MODULES = join(import.meta.dirname, '../../../../node_modules');

describe('a class that was made for another outspool', () => {
  const directory = temporaryDirectories();

  /** What loading says of these modules, beside a second copy of outspool. */
  async function told(code: string): Promise<string> {
    const baseDir = directory();
    cpSync(SOURCES, join(baseDir, 'copy'), { recursive: true });
    writeFileSync(join(baseDir, 'package.json'), '{"type":"module"}');
    symlinkSync(MODULES, join(baseDir, 'node_modules'));
    writeFileSync(join(baseDir, 'class.mjs'), code.replaceAll('OURS', join(SOURCES, 'index.js')));
    const error = await loadCustomClass({ module: './class.mjs', baseDir }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(ConfigError);
    return (error as ConfigError).message;
  }

  const COPY = "import { BaseProducer } from './copy/index.js';";
  const EXPORTS: Readonly<Record<string, string>> = {
    'by name': `${COPY} export class Far extends BaseProducer { ${HOOKS} }`,
    'by default': `${COPY} export default class Far extends BaseProducer { ${HOOKS} }`,
    'of a kind of its': `import { MemoryProducer } from './copy/kinds/memory/memory-producer.js'; export class Far extends MemoryProducer {}`,
  };
  for (const [how, code] of Object.entries(EXPORTS))
    it(`is told in one line what it extends: ${how}`, async () => {
      const text = await told(code);
      expect(text).to.match(
        /^export {2}class Far extends the BaseProducer of another copy of outspool: install outspool once/,
      );
      expect(text).to.not.contain('\n');
    });

  it('is told in one line that its schema is one of zod 3', async () => {
    const zod3 = "import { z } from 'zod/v3'; import { BaseProducer } from 'OURS';";
    expect(
      await told(`${zod3} export class Old extends BaseProducer { static config = z.object({}); ${HOOKS} }`),
    ).to.match(/^export {2}class Old: static config is a schema of zod 3: expected BaseProducerConfig\.extend/);
  });
});
