import { expect } from 'chai';
import type sinon from 'sinon';
import type { DeadLetter } from '../../../../src/caller/dead-letters/dead-letter.ts';
import { PermanentSendError } from '../../../../src/shared/errors.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

describe('dead letters', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  const poison = () =>
    new ScriptedTransport((value) => {
      if (value !== 'good') throw new PermanentSendError(`cannot take ${value}`);
    });

  it('without a target: logged with the reason, and counted as dropped', async () => {
    const rig = new EngineRig(poison());
    rig.produce('bad', 'good');
    await clock.tickAsync(10);
    expect(rig.engine.stats()).to.include({ delivered: 1, dropped: 1, deadLettered: 0, pending: 0 });
    const [line] = rig.logs.filter(({ level }) => level === 'error');
    expect(line?.fields.reason).to.equal('PermanentSendError: cannot take bad');
  });

  for (const [said, deadLetter] of [
    ['message dropped', undefined],
    ['message dead-lettered', () => {}],
  ] as const)
    it(`thousands for one reason are a line a second: ${said}`, async () => {
      const rig = new EngineRig(poison(), { deadLetter });
      for (let count = 0; count < 3000; count++) rig.produce('bad');
      await clock.tickAsync(10);
      expect(rig.engine.stats().pending).to.equal(0);
      await Promise.all([rig.engine.shutdown(1000), clock.tickAsync(2000)]);
      const lines = rig.logs.filter(({ message }) => message.startsWith(said));
      expect(lines.map(({ fields }) => fields.leftOut)).to.deep.equal([undefined, 2998]);
      expect(lines[1]?.fields).to.include({ topic: 'rig', reason: 'PermanentSendError: cannot take bad' });
    });

  it('are settled when their target has accepted them, with their history', async () => {
    const letters: DeadLetter[] = [];
    const rig = new EngineRig(poison(), { deadLetter: (letter) => letters.push(letter) });
    rig.produce('bad', 'good');
    await clock.tickAsync(10);
    expect(rig.engine.stats()).to.include({ delivered: 1, deadLettered: 1, pending: 0 });
    expect(letters.map(({ producer, reason, message }) => [producer, reason, message.json()])).to.deep.equal([
      ['rig', 'PermanentSendError: cannot take bad', 'bad'],
    ]);
    expect(letters[0]?.attempts).to.have.lengthOf(1);
  });

  it('are offered again at once when a shutdown comes while their target is about to fail', async () => {
    let offers = 0;
    const deadLetter = async () => {
      offers++;
      await new Promise((resolve) => setTimeout(resolve, 1000));
      if (offers <= 5) throw new Error('the file system is full');
    };
    const rig = new EngineRig(poison(), { deadLetter });
    rig.produce('bad');
    await clock.tickAsync(19_500); // in the fifth offer, behind pauses of 1, 2, 4 and 8 s
    expect(offers).to.equal(5);
    const [outcome] = await Promise.all([rig.engine.shutdown(5000), clock.tickAsync(6000)]);
    expect(outcome).to.include({ deadLettered: 1, undelivered: 0, timedOut: false });
  });

  it('stay pending while their target fails, and are offered again', async () => {
    let offers = 0;
    const rig = new EngineRig(poison(), {
      deadLetter: () => {
        if (++offers < 3) throw new Error('the file system is full');
      },
    });
    rig.produce('bad');
    await clock.tickAsync(1500);
    expect(rig.engine.stats()).to.include({ deadLettered: 0, pending: 1, inFlight: 1 });
    const said = () => rig.logs.map(({ message }) => message).filter((message) => message.includes('dead-letter'));
    expect(said(), 'nothing that has not happened').to.deep.equal(
      Array(said().length).fill('the dead-letter target failed'),
    );
    expect(rig.logs.find(({ message }) => message === said()[0])?.fields.reason).to.include('cannot take bad');
    await clock.tickAsync(2000);
    expect(rig.engine.stats()).to.include({ deadLettered: 1, pending: 0 });
    expect(said().at(-1)).to.equal('message dead-lettered');
  });

  it('are offered to a target that fails every ten seconds at last: a pause that went on doubling would forget them', async () => {
    const offers: number[] = [];
    const rig = new EngineRig(poison(), {
      deadLetter: () => {
        offers.push(performance.now());
        throw new Error('not now');
      },
    });
    rig.produce('bad');
    await clock.tickAsync(600_000);
    const pauses = offers.slice(1).map((at, index) => at - (offers[index] as number));
    expect(pauses.slice(0, 8)).to.deep.equal([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000]);
    void rig.engine.shutdown(0);
    await clock.tickAsync(1000);
  });

  it('make their source wait when too many of them wait', async () => {
    let accepts = false;
    const rig = new EngineRig(poison(), {
      deadLetter: () => {
        if (!accepts) throw new Error('not now');
      },
    });
    for (let index = 0; index < 150; index++) {
      rig.produce(index);
      await clock.tickAsync(1);
    }
    rig.produce('good');
    await clock.tickAsync(5000);
    expect(rig.transport.delivered).to.deep.equal([]);
    const failures = rig.logs.filter(({ message }) => message === 'the dead-letter target failed');
    expect(failures).to.have.lengthOf.within(2, 8);
    accepts = true;
    await clock.tickAsync(60_000);
    expect(rig.engine.stats()).to.include({ deadLettered: 150, delivered: 1, pending: 0 });
  });

  it('are offered once more when the producer shuts down, however long the pause', async () => {
    let works = false;
    const rig = new EngineRig(poison(), {
      deadLetter: () => {
        if (!works) throw new Error('not now');
      },
    });
    rig.produce('bad');
    await clock.tickAsync(20_000);
    works = true;
    const [outcome] = await Promise.all([rig.engine.shutdown(1000), clock.tickAsync(2000)]);
    expect(outcome).to.include({ deadLettered: 1, undelivered: 0 });
  });

  it('have all the time of a shutdown that the messages have left', async () => {
    let works = false;
    const rig = new EngineRig(poison(), {
      deadLetter: () => {
        if (!works) throw new Error('not now');
      },
    });
    rig.produce('bad');
    await clock.tickAsync(100);
    const ended = rig.engine.shutdown(20_000);
    await clock.tickAsync(5000);
    works = true;
    await clock.tickAsync(5000);
    expect(await ended).to.include({ deadLettered: 1, undelivered: 0, timedOut: false });
  });

  it('that nobody has taken at shutdown are undelivered', async () => {
    const rig = new EngineRig(poison(), {
      deadLetter: () => {
        throw new Error('never');
      },
    });
    rig.produce('bad');
    await clock.tickAsync(10);
    const [outcome] = await Promise.all([rig.engine.shutdown(1000), clock.tickAsync(2000)]);
    expect(outcome).to.include({ deadLettered: 0, undelivered: 1, timedOut: true });
  });
});
