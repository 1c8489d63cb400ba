import { expect } from 'chai';
import { BaseProducer } from '../../../../src/caller/base-producer.ts';
import type { CheckPlan } from '../../../../src/caller/check/check.ts';
import { ConfigError, ProducerFencedError } from '../../../../src/shared/errors.ts';
import { quiet } from '../../../support/quiet.ts';

let failure: Error | undefined;

/** Its way to the broker is open, whatever has become of the producer itself. */
class OpenWay extends BaseProducer {
  static override readonly module = import.meta.url;
  static override runsInline(): boolean {
    return true;
  }

  async _connect(): Promise<void> {
    if (failure !== undefined) throw failure;
  }
  async _send(): Promise<void> {}
  async _close(): Promise<void> {}

  protected override checkPlan(): CheckPlan {
    return { steps: [{ layer: 'tcp', run: async () => ({ note: 'open' }) }], close: async () => {} };
  }
}

async function checked(given: Error | undefined) {
  failure = given;
  const producer = new OpenWay({ type: 'open', name: 'orders' }, { logger: quiet });
  await producer.start({ timeout: 2000 }).catch(() => {});
  const report = await producer.check();
  await producer.shutdown(100);
  return report;
}

describe('the check of a producer that has failed', () => {
  it('fails with the reason, before it looks at anything else', async () => {
    const { ok, layers } = await checked(new ConfigError('no such exchange'));
    expect(ok).to.equal(false);
    expect(layers.map(({ layer, ok, reached }) => [layer, ok, reached])).to.deep.equal([
      ['producer', false, true],
      ['tcp', false, false],
    ]);
    expect(layers[0]?.problem).to.match(/has failed and takes no more messages: no such exchange/);
    expect(layers[0]?.advice).to.match(/create the producer anew/);
    expect(layers[0]).to.not.have.property('setting');
  });

  it('points to the transactional id when the producer was fenced', async () => {
    const { ok, layers } = await checked(new ProducerFencedError('fenced by another'));
    expect(ok).to.equal(false);
    expect(layers[0]).to.include({ layer: 'producer', setting: 'transactional_id' });
    expect(layers[0]?.problem).to.match(/fenced by another/);
  });

  it('has no layer of that name while the producer has not failed', async () => {
    const { ok, layers } = await checked(undefined);
    expect([ok, layers.map(({ layer }) => layer)]).to.deep.equal([true, ['tcp']]);
  });
});
