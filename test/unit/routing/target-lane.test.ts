import { expect } from 'chai';
import { FallbackUse } from '../../../src/routing/fallback-use.ts';
import { type Producer, TargetWithFallbacks } from '../../../src/routing/target-with-fallbacks.ts';
import { PublishError, SpoolFullError } from '../../../src/shared/errors.ts';
import { quiet } from '../../support/quiet.ts';

describe('a target with fallbacks', () => {
  const target = new TargetWithFallbacks(
    ['a', 'b', 'c'].map((name) => ({ name }) as Producer),
    new FallbackUse('route', () => quiet),
  );
  const tried = async (error: Error, index = 0): Promise<string[]> => {
    const names: string[] = [];
    const handed = target.handOver(index, async ({ name }) => {
      names.push(name);
      throw error;
    });
    expect(await handed.catch((reason) => reason)).to.equal(error);
    return names;
  };

  it('hands on what a disk has refused, from one to the next', async () => {
    const refused = new PublishError('no', 'withdrawn', { cause: new SpoolFullError('full') });
    expect(await tried(refused)).to.deep.equal(['a', 'b', 'c']);
    expect(await tried(refused, 1)).to.deep.equal(['b', 'c']);
    expect(await target.handOver(0, async ({ name }) => (name === 'b' ? name : Promise.reject(refused)))).to.equal('b');
  });

  it('does not hand on what a producer may have kept, nor what its caller has given up', async () => {
    const kept = new PublishError('no', 'unknown', { cause: new SpoolFullError('full') });
    const aborted = new PublishError('no', 'withdrawn', { cause: new Error('not any more') });
    for (const error of [kept, aborted, new PublishError('no', 'withdrawn'), new Error('no')])
      expect(await tried(error)).to.deep.equal(['a']);
  });
});
