/** Whether a cluster can be asked which brokers are in it: librdkafka copies the cluster's id unseen. */

import { expect } from 'chai';
import { canAskMembers, Membership } from '../../../../../../src/kinds/kafka/librdkafka/inspect/membership.ts';
import type { Client } from '../../../../../../src/kinds/kafka/librdkafka/native/client.ts';

const ID = 77;

function client({ version = 0x02_10_00_ff, id = ID }) {
  const freed: number[] = [];
  const rdkafka = {
    version: () => version,
    clusterId: () => id,
    memFree: (_: number, pointer: number) => freed.push(pointer),
  };
  return { freed, client: { handle: 1, native: { rdkafka } } as unknown as Client };
}

describe('the question who is in the cluster', () => {
  it('is asked where the cluster has an id, whose text is freed', () => {
    const { client: asked, freed } = client({});
    expect(canAskMembers(asked)).to.equal(true);
    expect(freed).to.deep.equal([ID]);
  });

  for (const [what, made] of Object.entries({
    'without an id': { id: 0 },
    'by librdkafka 2.2': { version: 0x02_02_00_ff },
  }))
    it(`is not asked ${what}`, () => {
      const { client: asked, freed } = client(made);
      expect(canAskMembers(asked)).to.equal(false);
      expect(freed).to.deep.equal([]);
    });

  it('is refused before librdkafka hears of it, where the cluster has no id', async () => {
    const { client: asked } = client({ id: 0 });
    const membership = new Membership(asked);
    for (const question of [membership.members([1], 10), membership.reach([1], 10)])
      expect(await question.catch(({ message }: Error) => message)).to.equal('the cluster has not told its id');
  });
});
