import { expect } from 'chai';
import { AcceptanceTimes } from '../../../../src/caller/queue/acceptance-times.ts';

describe('the times at which messages were accepted', () => {
  it('are known to the second, and never later than they were', () => {
    const times = new AcceptanceTimes(() => 0);
    for (let sequence = 0; sequence < 1000; sequence++) times.accepting(sequence, sequence * 10);
    for (let sequence = 0; sequence < 1000; sequence++)
      expect(times.of(sequence), `${sequence}`).to.be.within(sequence * 10 - 1000, sequence * 10);
    expect(times.of(-1)).to.equal(undefined);
  });

  it('get coarser in an outage of a day, in bounded memory, and the oldest one stays', () => {
    const times = new AcceptanceTimes(() => 0);
    const seconds = 86_400;
    for (let second = 0; second < seconds; second++) times.accepting(second, second * 1000);
    const found = new Set(Array.from({ length: seconds }, (_, sequence) => times.of(sequence)));
    expect(found.size).to.be.within(200, 512);
    expect(times.of(0)).to.equal(0);
    for (let sequence = 0; sequence < seconds; sequence += 60)
      expect(sequence * 1000 - (times.of(sequence) as number), `${sequence}`).to.be.within(0, 300_000);
  });

  it('are forgotten with the messages that have settled, so that new ones stay exact', () => {
    let oldest = 0;
    const times = new AcceptanceTimes(() => oldest);
    for (let second = 0; second < 5000; second++) {
      oldest = Math.max(0, second - 10);
      times.accepting(second, second * 1000);
    }
    for (let sequence = oldest; sequence < 5000; sequence++) expect(times.of(sequence)).to.equal(sequence * 1000);
  });

  it('get exact again after an outage', () => {
    let oldest = 0;
    const times = new AcceptanceTimes(() => oldest);
    for (let second = 0; second < 90_000; second++) {
      if (second > 86_400) oldest = second - 10;
      times.accepting(second, second * 1000);
    }
    for (let sequence = oldest; sequence < 90_000; sequence++) expect(times.of(sequence)).to.equal(sequence * 1000);
  });

  it('of messages of an earlier run are the time of their recovery', () => {
    const times = new AcceptanceTimes(() => -5);
    times.accepting(0, 1000);
    times.recovered(1500);
    expect(times.of(-5)).to.equal(1500);
    expect(times.of(0)).to.equal(1000);
  });
});
