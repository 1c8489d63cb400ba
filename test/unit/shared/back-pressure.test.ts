import { expect } from 'chai';
import type sinon from 'sinon';
import { BackPressure, type Throttled } from '../../../src/shared/back-pressure.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { LogLines } from '../../support/log-lines.ts';

describe('brokers that ask to be sent nothing', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  function rig(lingerMs = 5000) {
    const log = new LogLines();
    const told: (Throttled | undefined)[] = [];
    const pressure = new BackPressure({
      log,
      lingerMs,
      begins: 'wait',
      ends: 'go',
      tell: (throttled) => void told.push(throttled),
    });
    const ask = (ms?: number, broker = 'a:1') =>
      pressure.begin({ broker, reason: 'quota', ...(ms !== undefined && { ms }) });
    const lines = () => log.lines.map(({ level, text }) => `${level} ${text}`);
    return { pressure, told, ask, lines };
  }

  it('count the time of pauses that overlap once, and none between them', async () => {
    const { pressure, ask } = rig();
    ask(1000);
    await clock.tickAsync(500);
    ask(1000, 'b:1');
    expect(pressure.leftMs).to.equal(1000);
    await clock.tickAsync(4500);
    expect(pressure.ms).to.equal(1500);
    expect(pressure.leftMs).to.equal(0);
    ask(2000);
    await clock.tickAsync(1500);
    expect(pressure.ms).to.equal(3000);
  });

  it('that ask for less on another connection shorten nothing', async () => {
    const { pressure, ask } = rig();
    ask(10_000);
    ask(10);
    expect(pressure.leftMs).to.equal(10_000);
  });

  it('are forgotten one by one when their connection is lost', async () => {
    const { pressure, ask } = rig();
    ask(60_000);
    ask(1000, 'b:1');
    pressure.end('a:1');
    expect(pressure.leftMs).to.equal(1000);
    await clock.tickAsync(60_000);
    expect(pressure.ms).to.equal(1000);
  });

  it('have one line at the beginning and one at the end, with the seconds between them, however often they ask', async () => {
    const { ask, lines } = rig();
    for (let second = 0; second < 30; second++) {
      ask(700);
      await clock.tickAsync(1000);
    }
    expect(lines()).to.deep.equal(['warn wait {"broker":"a:1","reason":"quota","ms":700,"blockedBy":"back-pressure"}']);
    await clock.tickAsync(5000);
    expect(lines().slice(1)).to.deep.equal(['info go {"seconds":34.7}']);
  });

  it('have no more than one beginning a minute in the log', async () => {
    const { ask, lines } = rig();
    for (let second = 0; second < 170; second += 10) {
      ask(100);
      await clock.tickAsync(10_000);
    }
    expect(lines().filter((line) => line.startsWith('warn'))).to.have.lengthOf(3);
    expect(lines().filter((line) => line.startsWith('info'))).to.have.lengthOf(3);
  });

  it('are told with the first beginning, the last pause, at most once a second, and their end', async () => {
    const { told, ask } = rig();
    await clock.tickAsync(1000);
    for (let step = 1; step <= 20; step++) {
      ask(step * 100, step % 2 ? 'a:1' : 'b:1');
      await clock.tickAsync(100);
    }
    await clock.tickAsync(10_000);
    expect(told).to.deep.equal([
      { broker: 'a:1', reason: 'quota', since: 1000, ms: 100 },
      { broker: 'a:1', reason: 'quota', since: 1000, ms: 1100 },
      undefined,
    ]);
  });

  it('without an end wait until they let go, and say so at once', async () => {
    const { pressure, told, ask, lines } = rig(0);
    ask();
    expect(told).to.deep.equal([{ broker: 'a:1', reason: 'quota', since: 0, ms: null }]);
    await clock.tickAsync(3_600_000);
    expect(pressure.ms).to.equal(3_600_000);
    pressure.end('a:1');
    expect(told.at(-1)).to.equal(undefined);
    expect(lines()).to.deep.equal([
      'warn wait {"broker":"a:1","reason":"quota","blockedBy":"back-pressure"}',
      'info go {"seconds":3600}',
    ]);
  });

  it('are told again at once when they ask again', () => {
    const { pressure, told, ask } = rig(0);
    ask();
    pressure.end('a:1');
    ask();
    expect(told.map((one) => one?.broker)).to.deep.equal(['a:1', undefined, 'a:1']);
  });

  describe('on a connection that is lost', () => {
    it('hold nobody up, are told no more, and are not said to be over', async () => {
      const { pressure, told, ask, lines } = rig(0);
      ask();
      await clock.tickAsync(5000);
      pressure.lost();
      await clock.tickAsync(3_600_000);
      expect([pressure.leftMs, pressure.ms, told.at(-1)]).to.deep.equal([0, 5000, undefined]);
      expect(lines()).to.have.lengthOf(1);
    });

    it('are over when the next one takes a message', async () => {
      const { pressure, ask, lines } = rig(0);
      ask();
      await clock.tickAsync(5000);
      pressure.lost();
      await clock.tickAsync(5000);
      pressure.works();
      pressure.works();
      expect(lines().slice(1)).to.deep.equal(['info go {"seconds":10}']);
    });

    it('go on without a further line when the next one is asked to wait, too', async () => {
      const { pressure, told, ask, lines } = rig(0);
      ask();
      pressure.lost();
      await clock.tickAsync(100);
      ask();
      pressure.works();
      expect([lines().length, pressure.leftMs, told.at(-1)?.since]).to.deep.equal([1, Number.POSITIVE_INFINITY, 0]);
      pressure.end();
      expect(lines().at(-1)).to.equal('info go {"seconds":0.1}');
    });
  });

  it('have fewer than 500 lines above debug in a day of short pauses', async () => {
    const { ask, lines } = rig(1000);
    for (let second = 0; second < 86_400; second += 20) {
      ask(100);
      await clock.tickAsync(20_000);
    }
    expect(lines().filter((line) => !line.startsWith('debug')).length).to.be.within(100, 500);
  });
});
