/** Classes in files of their own that one module exports together. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { BaseProducer } from '../../../src/caller/base-producer.ts';
import { ConfigError } from '../../../src/shared/errors.ts';
import { quiet } from '../../support/quiet.ts';
import { temporaryDirectories } from '../../support/temporary.ts';
import { PATIENT } from '../../support/until.ts';

const OURS = pathToFileURL(join(import.meta.dirname, '../../../src/index.js')).href;
const HOOKS = '_connect() {} _send() {} _close() {}';

type Constructor = new (config: object, options: object) => BaseProducer;

describe('a class behind a barrel', () => {
  const directory = temporaryDirectories();

  async function sub(module: string, ownConstructor = ''): Promise<Constructor> {
    const folder = directory();
    const files = {
      'base.mjs': `import { BaseProducer } from '${OURS}';
        export class Base extends BaseProducer { static module = ${module}; ${ownConstructor} ${HOOKS} }`,
      'sub.mjs': `import { Base } from './base.mjs'; export class Sub extends Base { ${ownConstructor} }`,
      'index.mjs': "export * from './base.mjs'; export * from './sub.mjs';",
    };
    for (const [name, code] of Object.entries(files)) writeFileSync(join(folder, name), code);
    return (await import(pathToFileURL(join(folder, 'index.mjs')).href)).Sub;
  }

  const EXPLICIT = 'constructor(...given) { super(...given); }';
  const config = { type: 'own', name: 'behind' };

  for (const [what, ownConstructor] of [
    ['a constructor of its own', EXPLICIT],
    ['none', ''],
  ] as const) {
    it(`is found by the worker where it inherits the barrel as its module, with ${what}`, async () => {
      const Sub = await sub("new URL('./index.mjs', import.meta.url).href", ownConstructor);
      const producer = new Sub(config, { logger: quiet });
      await producer.send({ value: 1 }, PATIENT);
      await producer.shutdown();
      expect(producer.stats()).to.include({ delivered: 1 });
    });
  }

  it('is refused where it inherits the file of the class that says so', async () => {
    const Sub = await sub('import.meta.url', EXPLICIT);
    expect(() => new Sub(config, { logger: quiet })).to.throw(ConfigError, 'names another file');
  });
});
