import { createRequire } from 'node:module';
import { expect } from 'chai';

const require = createRequire(import.meta.url);
const { requireModule } = require('../../../../src/shared/modules/require-module.cjs') as {
  requireModule: (load: () => unknown) => unknown;
};

const failing = (error: unknown) => () =>
  requireModule(() => {
    throw error;
  });

describe('a require() of the package', () => {
  it('takes it in Node', () => {
    expect(require('../../../../src/required.cjs')).to.include.keys('ProducerRuntime', 'BaseProducer');
    expect(require('../../../../src/testing/required.cjs')).to.include.keys('producerContract', 'EmbeddedKafka');
  });

  it('has the same classes as an import', async () => {
    const { ProducerRuntime } = await import('../../../../src/index.ts');
    expect(require('../../../../src/required.cjs').ProducerRuntime).to.equal(ProducerRuntime);
  });

  it('says what to do where it takes no ES module, as that of Jest', () => {
    const ofJest = Object.assign(new Error('Must use import to load ES Module'), { code: 'ERR_REQUIRE_ESM' });
    for (const error of [ofJest, new SyntaxError('Cannot use import statement outside a module')])
      expect(failing(error)).to.throw("await import('outspool')").with.property('cause', error);
  });

  it('passes on every other error', () => {
    const error = new Error('outspool cannot run from within a bundle');
    expect(failing(error)).to.throw(error);
  });
});
