/** Whether a cluster can be asked which brokers are in it: librdkafka copies the cluster's id unseen. */

import { expect } from 'chai';
import {
  ClusterDescription,
  canDescribeCluster,
  namesOf,
} from '../../../../../../src/kinds/kafka/librdkafka/inspect/describe-cluster.ts';
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
    expect(canDescribeCluster(asked)).to.equal(true);
    expect(freed).to.deep.equal([ID]);
  });

  for (const [what, made] of Object.entries({
    'without an id': { id: 0 },
    'by librdkafka 2.2': { version: 0x02_02_00_ff },
  }))
    it(`is not asked ${what}`, () => {
      const { client: asked, freed } = client(made);
      expect(canDescribeCluster(asked)).to.equal(false);
      expect(freed).to.deep.equal([]);
    });

  it('is refused before librdkafka hears of it, where the cluster has no id', async () => {
    const { client: asked } = client({ id: 0 });
    const description = new ClusterDescription(asked);
    for (const question of [description.members([1], 10), description.reach([1], 10)])
      expect(await question.catch(({ message }: Error) => message)).to.equal('the cluster has not told its id');
  });
});

describe('the answers of brokers to the question who is in the cluster', () => {
  type Answer = readonly number[] | 'none' | 'refused';
  const read = (answers: readonly Answer[]) => {
    const polls = answers.map((answer) => {
      if (answer === 'none') return () => undefined;
      if (answer === 'refused') return () => ({ code: 29, text: 'Broker: refused' });
      return () => answer;
    });
    return namesOf(new Map(polls.map((poll, index) => [index + 1, { poll }])), performance.now() + 50);
  };

  const ROWS: readonly (readonly [string, readonly Answer[], readonly number[], boolean])[] = [
    [
      'all answer',
      [
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
      ],
      [1, 2, 3],
      true,
    ],
    ['one hangs and is named', [[1, 2, 3], [1, 2, 3], 'none'], [1, 2, 3], false],
    ['one hangs and only one broker still counts on it', [[1, 2], [1, 2, 3], 'none'], [1, 2, 3], false],
    ['one hangs and has left', [[1, 2], [1, 2], 'none'], [1, 2], true],
    [
      'one hangs and has left, of more brokers than a few',
      [...Array(7).fill([1, 2, 3, 4, 5, 6, 7]), 'none'],
      [1, 2, 3, 4, 5, 6, 7],
      true,
    ],
    ['one refuses', [[1, 2], 'refused'], [1, 2], false],
    [
      'a broker is new, and was not asked',
      [
        [1, 2, 9],
        [1, 2, 9],
      ],
      [1, 2, 9],
      true,
    ],
    ['none answers', ['none', 'none'], [], false],
  ];

  for (const [what, answers, ids, isComplete] of ROWS)
    it(`${isComplete ? 'are complete' : 'are not complete'} where ${what}`, async () => {
      expect(await read(answers)).to.deep.equal({ ids, isComplete });
    });
});
