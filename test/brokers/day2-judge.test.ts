/** That the judge of the rows and cells finds what it is there to find. */

import { expect } from 'chai';
import { figuresOf, type Reading } from './day2/figures.ts';
import { Journal } from './day2/journal.ts';
import { mustArrive, type Outcome } from './day2/outcome.ts';
import { isPoison, type Place, type Plan, placeOf, topicPlan } from './day2/plan.ts';
import { type Row, STAMPED } from './day2/row.ts';
import { longestStall, medianLatency } from './day2/stalls.ts';
import { breaches } from './day2/verdict.ts';

const COUNT = 300;
const STEP_MS = 10;
const plan: Plan = {
  topics: [topicPlan('first', 3), topicPlan('second', 3)],
  valueBytes: 10,
  poison: { kind: 'too large', from: 50, every: 50, forbidden: 'forbidden' },
};
const ids = Array.from({ length: COUNT }, (_, id) => id);
const good = ids.filter((id) => !isPoison(plan, id));

/** A faultless run: each message takes 5 ms. */
function journal(): Journal {
  const made = new Journal();
  for (const id of ids) made.take(['accepted', id, id * STEP_MS]);
  for (const id of good) made.take(['delivered', id, id * STEP_MS + 5, placeOf(plan, id).partition]);
  for (const id of ids) if (isPoison(plan, id)) made.take(['refused', id, id * STEP_MS + 5, 'too large']);
  return made;
}

const readings = (): Reading[] => good.map((id) => ({ id, ...placeOf(plan, id) }));

const FAULTLESS = { lost: 0, duplicates: 0, outOfOrder: { perKey: 0, perPartition: 0 }, innocents: 0, unsettled: 0 };

describe('the judge of rows and cells', () => {
  it('finds no fault in a run without one', () => {
    expect(figuresOf(journal(), readings(), plan)).to.deep.equal({
      ...FAULTLESS,
      accepted: COUNT,
      delivered: COUNT - 5,
      deadLetters: 5,
    });
    expect(longestStall(journal(), plan)).to.equal(5);
    expect(medianLatency(journal(), plan)).to.equal(5);
  });

  it('counts a message that comes once more, and does not take that for a breach of order', () => {
    const twice = [...readings(), readings()[0] as Reading];
    expect(figuresOf(journal(), twice, plan))
      .to.include({ duplicates: 1 })
      .and.deep.include({ outOfOrder: FAULTLESS.outOfOrder });
  });

  it('counts a message behind a later one of its key, and one of its partition', () => {
    const [first, ...others] = readings() as [Reading & Place, ...Reading[]];
    const late = figuresOf(journal(), [...others, first], plan);
    expect(late.outOfOrder).to.deep.equal({ perKey: 1, perPartition: 1 });
    const isSameKey = (id: number) => placeOf(plan, id).key === first.key && placeOf(plan, id).topic === first.topic;
    const sameKey = others.findIndex(({ id }) => isSameKey(id));
    const beforeItsKey = [...others.slice(0, sameKey), first, ...others.slice(sameKey)];
    expect(figuresOf(journal(), beforeItsKey, plan).outOfOrder).to.deep.equal({ perKey: 0, perPartition: 1 });
  });

  it('counts what was reported and is not there, unless it may be gone', () => {
    expect(figuresOf(journal(), readings().slice(1), plan).lost).to.equal(1);
    expect(figuresOf(journal(), readings().slice(1), plan, ({ at }) => at > 5).lost).to.equal(0);
  });

  it('counts good messages that are refused, and those that have not settled', () => {
    const made = journal();
    made.take(['accepted', COUNT + 1, 0]);
    made.take(['accepted', COUNT + 2, 0]);
    made.take(['refused', COUNT + 1, 1, 'by mistake']);
    expect(figuresOf(made, readings(), plan)).to.include({ innocents: 1, unsettled: 1 });
  });

  it('takes a pause in which a partition had messages for a stall, and no pause without', () => {
    const made = journal();
    const lastOf = (topic: string) => good.findLast((id) => placeOf(plan, id).topic === topic) as number;
    made.take([
      'delivered',
      lastOf('first'),
      lastOf('first') * STEP_MS + 4000,
      placeOf(plan, lastOf('first')).partition,
    ]);
    expect(longestStall(made, plan, ({ topic }) => topic === 'first')).to.be.greaterThan(3900);
    expect(longestStall(made, plan, ({ topic }) => topic === 'second')).to.equal(5);
  });

  const row: Row = { name: 'a row', event: async () => undefined };
  const outcome: Outcome = {
    ...figuresOf(journal(), readings(), plan),
    ended: '0',
    raw: [],
    stall: { affected: 0, elsewhere: 9000 },
    unexplained: 0,
    firstLetter: { after: 1500, reason: 'unknown topic' },
    announced: 0,
    wandering: 0,
    firstLine: '',
    linesASecond: 2,
    slowestLetter: 1500,
  };

  it('asks of a topic that was made anew for what was stored in it: by the broker, or where none says it, by the report', () => {
    const late = { at: 150, partition: 0 };
    const asked = (of: Row, timestamp: number) => mustArrive({ row: of, to: 100 })({ ...late, timestamp });
    const stamped = { ...row, destroys: true, topic: { configs: STAMPED } } as const;
    expect([asked(stamped, 99), asked(stamped, 101)]).to.deep.equal([false, true]);
    expect(asked({ ...row, destroys: true }, 99), 'a timestamp of the producer').to.equal(true);
    expect(asked(row, 99), 'where nothing goes').to.equal(true);
  });

  it('holds a row to its limits and to what every row promises', () => {
    expect(breaches(row, outcome)).to.deep.equal([]);
    expect(breaches({ ...row, limits: { grace: 30_000 } }, outcome)).to.have.length(1);
    expect(breaches({ ...row, limits: { elsewhere: 8000 } }, outcome)).to.have.length(1);
    expect(breaches({ ...row, limits: { letterWithin: 1000 } }, outcome)).to.have.length(1);
    expect(breaches({ ...row, limits: { lines: 1 } }, outcome)).to.have.length(1);
    for (const fault of [
      { lost: 1 },
      { duplicates: 1 },
      { unexplained: 1 },
      { unsettled: 1 },
      { ended: 'SIGABRT' },
      { wandering: 1 },
    ])
      expect(breaches(row, { ...outcome, ...fault }), JSON.stringify(fault)).to.have.length(1);
    expect(breaches(row, { ...outcome, outOfOrder: { perKey: 1, perPartition: 1 } })).to.have.length(1);
    const announced = { ...outcome, announced: 2, wandering: 2, outOfOrder: { perKey: 2, perPartition: 2 } };
    expect(breaches({ ...row, destroys: true }, announced)).to.deep.equal([]);
    expect(breaches({ ...row, destroys: true }, { ...announced, announced: 1 })).to.have.length(2);
    expect(breaches(row, announced), 'where no topic was made anew').to.have.length(2);
  });

  it('excuses what a row says: a cluster that loses messages, a producer that is ended', () => {
    expect(breaches({ ...row, limits: { lossy: true } }, { ...outcome, lost: 1 })).to.deep.equal([]);
    expect(breaches({ ...row, limits: { ends: true } }, { ...outcome, unsettled: 1 })).to.deep.equal([]);
  });
});
