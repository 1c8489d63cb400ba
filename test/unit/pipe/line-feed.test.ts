import { expect } from 'chai';
import type sinon from 'sinon';
import { LineFeed } from '../../../src/pipe/line-feed.ts';
import { LineSplitter } from '../../../src/pipe/lines/lines.ts';
import { Delivery } from '../../../src/pipe/sink.ts';
import { Counts } from '../../../src/pipe/source.ts';
import { InvalidMessageError, ProducerClosedError, PublishError, QueueFullError } from '../../../src/shared/errors.ts';
import { systemClock } from '../../../src/shared/util/clock.ts';
import { deferred } from '../../../src/shared/util/deferred.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { LogLines } from '../../support/log-lines.ts';
import { ScriptedSink } from '../../support/scripted-sink.ts';

describe('lines on their way', () => {
  let sink: ScriptedSink;
  let log: LogLines;
  let counts: Counts;
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = fakeClock();
    sink = new ScriptedSink();
    log = new LogLines();
    counts = new Counts();
  });

  afterEach(() => clock.restore());

  const feedOf = (onBadLine: 'stop' | 'skip' = 'stop') =>
    new LineFeed<number>({
      source: 'in',
      format: { format: 'value', on_bad_line: onBadLine },
      maxLineBytes: 100,
      delivery: new Delivery(sink, 'delivered'),
      counts,
      logger: log,
      clock: systemClock,
    });

  const take = async (feed: LineFeed<number>, text: string) => {
    for (const line of new LineSplitter(100).push(Buffer.from(text)))
      await feed.take({ line, file: 'in', mark: line.number });
  };

  it('are safe up to the first that is not, whatever the order in which they settle', async () => {
    const gates = new Map(['1', '2', '3'].map((text) => [text, deferred<void>()]));
    sink.fate = ({ text }) => gates.get(text)?.promise ?? Promise.resolve();
    const feed = feedOf();
    await take(feed, '1\n2\n3\n');
    const settle = async (text: string) => {
      gates.get(text)?.resolve();
      await clock.tickAsync(0);
      return feed.safeThrough;
    };
    expect(await settle('2')).to.equal(undefined);
    expect(await settle('1')).to.equal(2);
    expect(await settle('3')).to.equal(3);
    await feed.finish();
  });

  it('come again until there is room, where a producer refuses what it has none for', async () => {
    let isFull = true;
    sink.fate = async () => {
      if (isFull) throw new QueueFullError('full');
    };
    const feed = feedOf();
    await take(feed, '1\n');
    await clock.tickAsync(1000);
    expect(sink.given.length).to.be.within(15, 25);
    isFull = false;
    await clock.tickAsync(100);
    expect(feed.safeThrough).to.equal(1);
    expect(counts.outcomes).to.deep.equal({ delivered: 1 });
    expect(feed.firstRefused).to.equal(undefined);
  });

  it('are not accepted any more after the end, and it is known from which on', async () => {
    sink.fate = async ({ text }) => {
      if (text !== '1') throw new QueueFullError('full');
    };
    const feed = feedOf();
    await take(feed, '1\n2\n3\n');
    feed.stop();
    await feed.idle();
    expect(feed.firstRefused).to.equal(2);
    expect(feed.safeThrough).to.equal(1);
    expect(counts.outcomes).to.deep.equal({ delivered: 1, full: 2 });
  });

  it('end when a producer has ended for good, and whoever waits hears of it', async () => {
    const closed = new ProducerClosedError('fenced');
    sink.fate = async () => {
      throw closed;
    };
    const feed = feedOf();
    await take(feed, '1\n');
    expect(await feed.failed.catch((error) => error)).to.equal(closed);
    expect(await take(feed, '2\n').catch((error) => error)).to.equal(closed);
  });

  it('that no producer takes are bad lines', async () => {
    sink.fate = async ({ text }) => {
      if (text === '2') throw new InvalidMessageError('too large');
    };
    const feed = feedOf();
    await take(feed, '1\n2\n3\n');
    expect((await feed.failed.catch((error) => error)).message).to.equal(
      "in:2:1  too large ('on_bad_line: skip' passes over such lines)",
    );
    expect(feed.safeThrough).to.equal(1);
    const skipping = feedOf('skip');
    await take(skipping, '1\n2\n3\n');
    await skipping.finish();
    expect(skipping.safeThrough).to.equal(3);
    expect(log.all).to.contain('left out: in:2:1  too large');
  });

  it('that a shutdown withdraws or leaves are not safe', async () => {
    sink.fate = async ({ text }) => {
      throw new PublishError('x', text === '1' ? 'spooled' : 'undelivered');
    };
    const feed = feedOf();
    await take(feed, '1\n2\n');
    await feed.idle();
    expect(feed.safeThrough).to.equal(1);
  });
});
