import { expect } from 'chai';
import client from 'prom-client';
import { assertMetrics, labelsOf } from '../../../../src/caller/metrics/options.ts';
import { ConfigError } from '../../../../src/shared/errors.ts';

describe('the option metrics', () => {
  const problem = (metrics: unknown): string => {
    try {
      assertMetrics(metrics as never);
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError);
      return (error as Error).message;
    }
    return 'none';
  };

  it('takes prom-client as a module and as its default export, and a registry of it', async () => {
    expect(problem({ client })).to.equal('none');
    expect(problem({ client: await import('prom-client') })).to.equal('none');
    const registry = new client.Registry();
    expect(problem({ client, registry, labels: { service: 'checkout', shard: 7 } })).to.equal('none');
  });

  it('says in one line what is wrong', () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [client, /^options\.metrics: unknown option/],
      [{}, /^options\.metrics\.client: expected the module prom-client \(.*\), got undefined$/],
      [{ client: client.register }, /^options\.metrics\.client: expected the module prom-client .*, got Registry$/],
      [{ client, registry: {} }, /^options\.metrics\.registry: expected a Registry of prom-client, got Object$/],
      [{ client, register: client.register }, /unknown option 'register' \(did you mean 'registry'\?\)/],
      [{ client, labels: ['a'] }, /^options\.metrics\.labels: expected an object of labels, got Array$/],
      [{ client, labels: { outcome: 'a' } }, /'outcome' is a label of the metrics themselves/],
      [{ client, labels: { le: 'a' } }, /'le' is a label of the metrics themselves/],
      [{ client, labels: { '9': 'a' } }, /'9' is no name for a label/],
      [{ client, labels: { 'a-b': 'a' } }, /'a-b' is no name for a label/],
      [{ client, labels: { __name__: 'a' } }, /'__name__' is no name for a label/],
      [{ client, labels: { a: undefined } }, /'a': expected a text or a number, got undefined/],
      [{ client, labels: { a: Number.NaN } }, /'a': expected a text or a number, got NaN/],
    ];
    for (const [metrics, expected] of cases) {
      expect(problem(metrics)).to.match(expected);
      expect(problem(metrics)).not.to.contain('\n');
    }
  });

  it('makes texts of labels that UTF-8 can express', () => {
    expect(labelsOf({ name: 'orders', kind: 'kafka' }, { client, labels: { a: 1, b: 'x\ud800y' } })).to.deep.equal({
      ...{ producer: 'orders', kind: 'kafka', a: '1', b: 'x\ufffdy' },
    });
  });
});
