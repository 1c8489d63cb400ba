import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Expectations, stateFinding } from '../../../../../src/kinds/kafka/check/topic-state.ts';

const LEADERLESS = 'leaderless';

/** Each partition by how many replicas are in sync. */
function finding(
  partitions: readonly (number | typeof LEADERLESS)[],
  { properties = {}, settings = {} }: Partial<Expectations>,
) {
  const states = partitions.map((inSync, id) =>
    inSync === LEADERLESS ? { id, hasLeader: false, inSync: 0 } : { id, hasLeader: true, inSync },
  );
  return stateFinding('t', states, { properties, settings });
}

const TWO = { settings: { 'min.insync.replicas': 2 } };

describe('the state of a topic', () => {
  it('is fine with leaders, enough replicas in sync, and limits that are not known', () => {
    expect(finding([1, 1, 1], {})).to.deep.equal({});
    expect(finding([2, 3], TWO)).to.deep.equal({});
    expect(finding([], TWO)).to.deep.equal({});
  });

  it('is a problem where no partition takes messages, for one reason or two', () => {
    expect(finding([LEADERLESS, LEADERLESS], TWO)).to.deep.equal({
      problem: 'every partition of t has no leader',
      advice: 'bring the brokers back that have its replicas',
    });
    expect(finding([1, 0], TWO)).to.deep.equal({
      problem: 'every partition of t has too few replicas in sync (0, and min.insync.replicas is 2)',
      advice: "bring the brokers back that have its replicas, or lower 'min.insync.replicas' of the topic",
    });
    expect(finding([1, LEADERLESS], TWO).problem).to.equal(
      '1 of 2 partitions of t (1) have no leader; ' +
        '1 of 2 partitions of t (0) have too few replicas in sync (1, and min.insync.replicas is 2)',
    );
  });

  it('is a warning where some partitions take no messages, which names a few of them', () => {
    const found = finding([...Array(7).fill(LEADERLESS), 1, 2], TWO);
    expect(found.problem).to.equal(undefined);
    expect(found.warning).to.equal(
      '7 of 9 partitions of t (0, 1, 2, 3, 4, …) have no leader; messages for them wait; ' +
        '1 of 9 partitions of t (7) have too few replicas in sync (1, and min.insync.replicas is 2); messages for them wait',
    );
  });

  it('counts replicas only for a producer that waits for all of them', () => {
    for (const acks of ['0', '1']) expect(finding([1], { ...TWO, properties: { acks } })).to.deep.equal({});
    for (const acks of ['all', '-1'])
      expect(finding([1], { ...TWO, properties: { acks } })).to.have.property('problem');
    expect(finding([LEADERLESS], { properties: { acks: '1' } })).to.have.property('problem');
  });

  for (const name of ['max.message.bytes', 'segment.bytes'] as const)
    it(`warns where the producer sends more than ${name} of the topic, and not where it sends as much`, () => {
      const settings = { [name]: 5000 };
      expect(finding([1], { settings, properties: { 'message.max.bytes': '5000' } })).to.deep.equal({});
      const { warning } = finding([1], { settings, properties: { 'message.max.bytes': '5001' } });
      expect(warning).to.contain(`'max_message_bytes' (5001) is above ${name} of t (5000)`);
      expect(finding([1], { settings }).warning).to.contain("'max_message_bytes' (1000000)");
    });
});
