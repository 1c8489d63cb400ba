import { expect } from 'chai';
import type sinon from 'sinon';
import type { HttpRequest, Outgoing } from '../../../../src/kinds/http/encoder.ts';
import { Run, type RunContext } from '../../../../src/kinds/http/run.ts';
import { PermanentSendError, TransientSendError } from '../../../../src/shared/errors.ts';
import type { Batch } from '../../../../src/shared/transport.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { PackedBatch } from '../../../support/packed-batch.ts';

/** A run whose requests are answered by hand. */
class Rig {
  readonly requests: { readonly values: string[]; readonly signal: AbortSignal; settle(error?: Error): void }[] = [];
  readonly made = new Map<string, number>();
  readonly abort = new AbortController();
  readonly run: Run;

  constructor(limits: Partial<RunContext['limits']> = {}) {
    const context: RunContext = {
      limits: { maxMessages: 3, maxBytes: 1000, lingerMs: 0, maxInFlight: 1, ...limits },
      made: this.made,
      encoder: {
        packed: () => undefined,
        outgoing: (message) => {
          const value = String(message.value);
          if (value === 'unfit') throw new PermanentSendError('unfit');
          return { id: value, method: 'POST', path: message.topic, headers: [], body: message.value };
        },
        request: (set: readonly Outgoing[]) => ({ headers: set.map(({ id }) => id) }) as unknown as HttpRequest,
      },
      exchange: ({ headers: values }, _messages, signal) =>
        new Promise((resolve, reject) => {
          const settle = (error?: Error) => (error ? reject(error) : resolve());
          this.requests.push({ values: [...values], signal, settle });
        }),
    };
    this.run = new Run(context, this.abort.signal);
  }

  /** Whether a batch's turn is over. */
  add(batch: Batch): { over: boolean } {
    const turn = { over: false };
    void this.run.add(batch).then(() => {
      turn.over = true;
    });
    return turn;
  }

  get sent(): string[][] {
    return this.requests.map(({ values }) => values);
  }
}

const batchOf = (...values: string[]) => new PackedBatch(values.map((value) => ({ value })));
const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('a run of requests', () => {
  it('makes requests of what lies together, over the bounds of batches, one after the other', async () => {
    const rig = new Rig();
    const [first, second] = [batchOf('a', 'b'), batchOf('c', 'd')];
    const turns = [rig.add(first), rig.add(second)];
    await tick();
    expect(rig.sent).to.deep.equal([['a', 'b', 'c']]);
    rig.requests[0]?.settle();
    await tick();
    expect(turns.map(({ over }) => over)).to.deep.equal([true, false]);
    expect(rig.sent[1]).to.deep.equal(['d']);
    rig.requests[1]?.settle();
    await tick();
    expect(turns[1]?.over).to.equal(true);
    expect([first.deliveredAt.size, second.deliveredAt.size]).to.deep.equal([2, 2]);
  });

  it('ends with the first failure that may pass: nothing more is sent, and the oldest one is charged', async () => {
    const rig = new Rig({ maxInFlight: 2 });
    const batch = batchOf('a', 'b', 'c', 'd', 'e', 'f', 'g');
    const turn = rig.add(batch);
    await tick();
    expect(rig.sent).to.deep.equal([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ]);
    rig.requests[0]?.settle(new TransientSendError('busy'));
    await tick();
    expect(turn.over).to.equal(false); // the other one is still under way
    rig.requests[1]?.settle();
    await tick();
    expect(turn.over).to.equal(true);
    expect(rig.sent).to.have.length(2);
    expect([...batch.failures.keys()]).to.deep.equal([0]);
    expect([...batch.deliveredAt]).to.deep.equal([3, 4, 5]);
  });

  it('makes the failed request again as it was, though there is room for more', async () => {
    const rig = new Rig();
    rig.add(batchOf('a', 'b'));
    await tick();
    rig.requests[0]?.settle(new TransientSendError('busy'));
    await tick();
    const again = new Rig();
    again.made.set('a', rig.made.get('a') as number);
    again.add(batchOf('a', 'b', 'c', 'd'));
    await tick();
    expect(again.sent).to.deep.equal([['a', 'b']]);
    again.requests[0]?.settle();
    await tick();
    expect(again.sent[1]).to.deep.equal(['c', 'd']);
    expect(again.made.size).to.equal(0);
  });

  it('goes on behind a message that cannot become a request, and behind one that is refused alone', async () => {
    const rig = new Rig({ maxMessages: 1 });
    const batch = batchOf('unfit', 'a', 'b');
    const turn = rig.add(batch);
    await tick();
    rig.requests[0]?.settle(new PermanentSendError('bad'));
    await tick();
    rig.requests[1]?.settle();
    await tick();
    expect(turn.over).to.equal(true);
    expect([...batch.failures.values()].map(({ message }) => message)).to.deep.equal(['unfit', 'bad']);
    expect([...batch.deliveredAt]).to.deep.equal([2]);
  });

  it('says of all of a refused set that it was refused', async () => {
    const rig = new Rig();
    const batch = batchOf('a', 'b', 'c', 'd');
    rig.add(batch);
    await tick();
    rig.requests[0]?.settle(new PermanentSendError('bad', { condemns: 'set' }));
    await tick();
    expect([...batch.failures.keys()]).to.deep.equal([0, 1, 2]);
    expect(rig.sent).to.have.length(1);
  });

  it('leaves out what has settled, and lets a batch go of which nothing is left', async () => {
    const rig = new Rig();
    const turn = rig.add(new PackedBatch([{ value: 'a' }], () => true));
    await tick();
    expect([turn.over, rig.sent]).to.deep.equal([true, []]);
  });

  describe('with time', () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => {
      clock = fakeClock();
    });
    afterEach(() => clock.restore());

    it('waits for more while a request has room, and not longer', async () => {
      const rig = new Rig({ lingerMs: 100 });
      rig.add(batchOf('a'));
      await clock.tickAsync(60);
      rig.add(batchOf('b'));
      await clock.tickAsync(39);
      expect(rig.sent).to.deep.equal([]);
      await clock.tickAsync(1);
      expect(rig.sent).to.deep.equal([['a', 'b']]);
    });

    it('does not wait where a request is full', async () => {
      const rig = new Rig({ lingerMs: 100 });
      rig.add(batchOf('a', 'b', 'c', 'd'));
      await clock.tickAsync(0);
      rig.requests[0]?.settle();
      await clock.tickAsync(99);
      expect(rig.sent).to.deep.equal([['a', 'b', 'c']]);
      await clock.tickAsync(1);
      expect(rig.sent[1]).to.deep.equal(['d']);
    });

    it('gives back what it has gathered when the attempt is given up, and what is under way a little later', async () => {
      const rig = new Rig({ lingerMs: 100 });
      const [full, waiting] = [rig.add(batchOf('a', 'b', 'c')), rig.add(batchOf('d'))];
      await clock.tickAsync(0);
      rig.abort.abort();
      await clock.tickAsync(0);
      expect([full.over, waiting.over]).to.deep.equal([false, true]);
      await clock.tickAsync(3999);
      expect(rig.requests[0]?.signal.aborted).to.equal(false);
      await clock.tickAsync(1);
      expect(rig.requests[0]?.signal.aborted).to.equal(true);
      rig.requests[0]?.settle(new TransientSendError('given up'));
      await clock.tickAsync(0);
      expect(full.over).to.equal(true);
      expect(rig.sent).to.have.length(1);
    });
  });
});
