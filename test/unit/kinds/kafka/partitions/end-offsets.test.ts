import { expect } from 'chai';
import { describe, it } from 'mocha';
import { askLeaders, type LedPartition } from '../../../../../src/kinds/kafka/partitions/end-offsets.ts';

describe('the question where partitions end', () => {
  const END = 2000;
  const led = (leader: string, ...topics: string[]): LedPartition[] =>
    topics.map((topic) => ({ topic, partition: 0, leader }));

  /** Leaders whose name begins with `frozen` never answer; a topic without offset is answered with an error at once. */
  async function ask(places: readonly LedPartition[], offsets: Readonly<Record<string, number>>) {
    let now = 0;
    const asked: string[] = [];
    const open = { now: 0, most: 0 };
    const call = async (some: readonly LedPartition[], timeoutMs: number) => {
      asked.push(some.map(({ topic }) => topic).join(''));
      open.most = Math.max(open.most, ++open.now);
      const isFrozen = some.some(({ leader }) => leader?.startsWith('frozen'));
      // What answers does so long before the others are given up.
      for (let turn = 0; turn < (isFrozen ? 50 : 1); turn++) await new Promise((resolve) => setImmediate(resolve));
      open.now--;
      if (isFrozen) now = Math.max(now, timeoutMs);
      if (isFrozen || some.some(({ topic }) => offsets[topic] === undefined)) return undefined;
      return some.map(({ topic }) => offsets[topic] as number);
    };
    const ends = await askLeaders(places, call, { end: END, now: () => now });
    return { ends, asked, most: open.most };
  }

  it('is one for each leader, and answered in the order of the partitions', async () => {
    const [a, b, c, d] = [...led('1', 'a'), ...led('2', 'b'), ...led('1', 'c'), ...led('2', 'd')];
    const places = [a, b, c, d] as LedPartition[];
    const { ends, asked } = await ask(places, { a: 1, b: 2, c: 3, d: 4 });
    expect([ends, asked]).to.deep.equal([
      [1, 2, 3, 4],
      ['ac', 'bd'],
    ]);
  });

  it('takes as long as one that is not answered, for any number of topics', async () => {
    const topics = Array.from({ length: 50 }, (_, n) => `t${n}`);
    const { ends, asked } = await ask(led('frozen', ...topics), {});
    expect([new Set(ends), asked.length]).to.deep.equal([new Set(['unknown']), 1]);
  });

  it('is answered by the other leaders where one does not', async () => {
    const places = [...led('frozen', 'x', 'y'), ...['a', 'b', 'c', 'd', 'e'].flatMap((one) => led(one, one))];
    const { ends, most } = await ask(places, { a: 1, b: 2, c: 3, d: 4, e: 5 });
    expect([ends, most]).to.deep.equal([['unknown', 'unknown', 1, 2, 3, 4, 5], 2]);
  });

  it('is told from one for which no time was left', async () => {
    const { ends } = await ask([...led('frozen 1', 'x'), ...led('frozen 2', 'y'), ...led('a', 'a')], { a: 1 });
    expect(ends).to.deep.equal(['unknown', 'unknown', 'unasked']);
  });

  it('is asked again about those that another one has left without an answer', async () => {
    const { ends } = await ask(led('1', 'a', 'b', 'bad', 'd', 'e'), { a: 1, b: 2, d: 4, e: 5 });
    expect(ends).to.deep.equal([1, 2, 'unknown', 4, 5]);
  });

  it('fails when no call is open any more, where one fails', async () => {
    let open = 0;
    const call = async ([place]: readonly LedPartition[]) => {
      open++;
      for (let turn = 0; turn < (place?.leader === 'a' ? 1 : 9); turn++)
        await new Promise((resolve) => setImmediate(resolve));
      open--;
      if (place?.leader === 'a') throw new Error('no memory');
      return [1];
    };
    const asked = askLeaders([...led('a', 'a'), ...led('b', 'b')], call, { end: END, now: () => 0 });
    expect(await asked.catch(({ message }: Error) => [message, open])).to.deep.equal(['no memory', 0]);
  });
});
