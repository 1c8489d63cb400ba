import { expect } from 'chai';
import sinon from 'sinon';
import type { DeadLetter } from '../../../../src/caller/dead-letters/dead-letter.ts';
import { deadLetterFrom, deadLetterLine } from '../../../../src/caller/dead-letters/letter-line.ts';
import { MessageIds } from '../../../../src/caller/queue/message-ids.ts';
import type { DeliveryReport } from '../../../../src/caller/settlement/report.ts';
import { PermanentSendError } from '../../../../src/shared/errors.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

describe('the id of a message', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  /** Notes under which ids messages are sent; the value `bad` is refused. */
  function rigWith(onShutdown: 'undelivered' | 'dead_letter' = 'undelivered') {
    const sent: string[] = [];
    const letters: DeadLetter[] = [];
    const reports: DeliveryReport[] = [];
    const transport = new ScriptedTransport((value, _attempt, message) => {
      sent.push(message.id);
      if (value === 'bad') throw new PermanentSendError('no');
    });
    const rig = new EngineRig(transport, {
      onShutdown,
      listeners: [(_error, report) => void reports.push(report)],
      deadLetter: (letter) => void letters.push(letter),
    });
    return { rig, sent, letters, reports };
  }

  it('is in reports and dead letters what it was in the attempt', async () => {
    const { rig, sent, letters, reports } = rigWith();
    const report = rig.engine.send({ value: 'a' }, { isError: false }, {});
    rig.produce('bad', 'b');
    await clock.tickAsync(1000);
    expect(new Set(sent)).to.have.property('size', 3);
    expect((await report).message.id).to.equal(sent[0]);
    expect(letters.map(({ message }) => message.id)).to.deep.equal([sent[1]]);
    expect(reports.map(({ message }) => message.id).sort()).to.deep.equal([...sent].sort());
    await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
  });

  it('is in the letters of what a shutdown leaves', async () => {
    const { rig, letters } = rigWith('dead_letter');
    rig.transport.onConnect = () => {
      throw new Error('away');
    };
    rig.produce('a', 'b');
    await Promise.all([rig.engine.shutdown(1000), clock.tickAsync(5000)]);
    const [first, second] = letters.map(({ message }) => message.id);
    expect(first).to.match(/^[0-9a-f]{24}-0$/);
    expect(second).to.equal(first?.replace(/0$/, '1'));
  });

  it('stays the one that it had, where it is sent again under it', async () => {
    const { rig, sent, letters } = rigWith();
    const reports = ['a', 'bad', 'b'].map((value) =>
      rig.engine.send({ value }, { isError: false, id: value === 'b' ? undefined : `earlier-${value}` }, {}),
    );
    const settled = await Promise.all([Promise.allSettled(reports), clock.tickAsync(1000)]);
    expect(sent.slice(0, 2)).to.deep.equal(['earlier-a', 'earlier-bad']);
    expect(sent[2]).to.match(/^[0-9a-f]{24}-2$/);
    expect(letters.map(({ message }) => message.id)).to.deep.equal(['earlier-bad']);
    const [first] = settled[0] as [PromiseFulfilledResult<DeliveryReport>];
    expect(first.value.message.id).to.equal('earlier-a');
    await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
  });

  it('is forgotten with a message that is withdrawn', async () => {
    const forget = sinon.spy(MessageIds.prototype, 'forget');
    try {
      const { rig } = rigWith();
      rig.transport.onConnect = () => {
        throw new Error('away');
      };
      const sent = rig.engine.send({ value: 'a' }, { isError: false, id: 'earlier' }, { timeout: 100 });
      await Promise.all([Promise.allSettled([sent]), clock.tickAsync(1000)]);
      expect(rig.engine.stats().expired).to.equal(1);
      expect(forget.args).to.deep.equal([[0]]);
      await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
    } finally {
      forget.restore();
    }
  });

  it('is kept in a file of letters, and missing in those of earlier versions', async () => {
    const { rig, letters, sent } = rigWith();
    rig.produce('bad');
    await clock.tickAsync(1000);
    const line = JSON.parse(deadLetterLine(letters[0] as DeadLetter));
    expect(deadLetterFrom(line).letter?.message.id).to.equal(sent[0]);
    delete line.message.id;
    expect(deadLetterFrom(line).letter?.message.id).to.equal('');
    await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
  });
});

describe('a message that is withdrawn', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  it('was never sent, where there was no connection at its deadline, and is not sent later', async () => {
    let isAway = true;
    const transport = new ScriptedTransport();
    transport.onConnect = () => {
      if (isAway) throw new Error('away');
    };
    const rig = new EngineRig(transport, { settings: { backoffMs: 1000, maxRetries: 0 } as never });
    const failures = [1, 2].map((value) =>
      rig.engine.send({ value }, { isError: false }, { timeout: 500 }).catch(({ outcome }) => outcome),
    );
    rig.produce(3);
    await clock.tickAsync(600);
    expect(await Promise.all(failures)).to.deep.equal(['withdrawn', 'withdrawn']);
    isAway = false;
    await clock.tickAsync(5000);
    expect(transport.delivered).to.deep.equal([3]);
    expect(rig.engine.stats()).to.include({ accepted: 3, expired: 2, delivered: 1, pending: 0 });
    await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
  });

  it('may have been sent, where an attempt is under way', async () => {
    const rig = new EngineRig(new ScriptedTransport(() => new Promise(() => {})));
    const outcome = rig.engine.send({ value: 1 }, { isError: false }, { timeout: 500 }).catch((error) => error.outcome);
    await clock.tickAsync(600);
    expect(await outcome).to.equal('unknown');
    await Promise.all([rig.engine.shutdown(10), clock.tickAsync(500)]);
  });
});
