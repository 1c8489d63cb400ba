/** The errors that were seen last. */

import { expect } from 'chai';
import { RecentErrors } from '../../../src/operations/recent-errors.ts';
import { PlayedProducer } from '../../support/operated.ts';

describe('recent errors', () => {
  let errors: RecentErrors;
  let orders: PlayedProducer;
  beforeEach(() => {
    errors = new RecentErrors();
    orders = new PlayedProducer();
  });

  const see = (message: string | undefined, now: number) => {
    orders.error = message === undefined ? undefined : new Error(message);
    errors.sample([orders], now);
  };

  it('are one entry while an error lasts, and when it comes back', () => {
    for (const [index, message] of ['refused', 'refused', undefined, 'refused'].entries()) see(message, index);
    expect(errors.list).to.deep.equal([{ producer: 'orders', message: 'refused', since: 0, until: 3 }]);
  });

  it('begin with the newest', () => {
    for (const [index, message] of ['refused', 'timed out', 'refused'].entries()) see(message, index);
    expect(errors.list.map(({ message }) => message)).to.deep.equal(['refused', 'timed out']);
  });

  it('are bounded in number and in length', () => {
    for (let index = 0; index < 500; index++) see(`${index}${'x'.repeat(5000)}`, index);
    expect(errors.list).to.have.length(50);
    expect(errors.list[0]?.message).to.have.length(1000).and.match(/^499x/);
  });
});
