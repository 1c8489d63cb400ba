/** The order in which sources and producers begin and end, whatever ends them. */

import { expect } from 'chai';
import { BadLineError } from '../../../src/pipe/lines/bad-line.ts';
import { Pipeline, type PipelineOptions } from '../../../src/pipe/pipeline.ts';
import { Counts, type Source } from '../../../src/pipe/source.ts';
import { ProducerClosedError, TransientSendError } from '../../../src/shared/errors.ts';
import { LogLines } from '../../support/log-lines.ts';

type Runtime = PipelineOptions['runtime'];
type AnyProducer = Runtime['producers'][number];

const forEver = <T>(): Promise<T> => new Promise(() => {});

class PlayedSource implements Source {
  readonly type = 'stdin';
  readonly counts = new Counts();
  readonly name: string;
  readonly #events: string[];
  /** How its input ends. */
  input: () => Promise<void> = async () => {};
  lastWord: () => Promise<void> = async () => {};

  constructor(name: string, events: string[]) {
    this.name = name;
    this.#events = events;
  }

  async open(): Promise<void> {
    this.#events.push(`open ${this.name}`);
  }

  async run(): Promise<void> {
    this.#events.push(`run ${this.name}`);
    await this.input();
  }

  stop(): void {
    this.#events.push(`stop ${this.name}`);
  }

  /** When it is known what became of what it took. */
  known: () => Promise<void> = async () => {};

  async idle(): Promise<void> {
    this.#events.push(`idle ${this.name}`);
    await this.known();
  }

  async close(): Promise<void> {
    this.#events.push(`close ${this.name}`);
    await this.lastWord();
  }
}

describe('a pipeline', () => {
  let events: string[];
  let sources: PlayedSource[];
  let log: LogLines;
  let abort: AbortController;
  let shutdownMs: number;
  /** How the start of its one producer ends. */
  let start: () => Promise<void>;

  beforeEach(() => {
    events = [];
    sources = ['a', 'b'].map((name) => new PlayedSource(name, events));
    log = new LogLines();
    abort = new AbortController();
    shutdownMs = Number.NaN;
    start = forEver;
  });

  function pipeline(): Pipeline {
    const producer = {
      name: 'p',
      start: () => start(),
      flush: async () => events.push('flush p'),
    } as unknown as AnyProducer;
    const shutdown = async (ms: number) => {
      events.push('shutdown');
      shutdownMs = ms;
    };
    const stats = () => ({ producers: {}, routes: { all: 3 }, fallbacks: {}, unmatched: 0 });
    const runtime = { producers: [producer], shutdown, stats } as unknown as Runtime;
    const cannotStart = (name: string, error: unknown) => new Error(`${name}: ${(error as Error).message}`);
    return new Pipeline({ sources, runtime, logger: log, signal: abort.signal, timeoutMs: 60_000, cannotStart });
  }

  const IDLE = ['idle a', 'idle b'];
  const END = ['stop a', 'stop b', ...IDLE, 'flush p', 'shutdown', ...IDLE, 'close a', 'close b'];

  it('hears what the end of its producers settles before the sources say their last word', async () => {
    for (const source of sources)
      source.known = async () => {
        for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
        events.push('known');
      };
    await pipeline().run();
    expect(events.slice(events.indexOf('shutdown') + 1)).to.deep.equal([
      ...IDLE,
      'known',
      'known',
      'close a',
      'close b',
    ]);
  });

  it('begins with the sources, and ends with them when what they took has settled', async () => {
    expect(await pipeline().run()).to.deep.equal({ error: undefined, failed: undefined, isInterrupted: false });
    expect(events).to.deep.equal(['open a', 'open b', 'run a', 'run b', ...END]);
  });

  it('leaves most of its time to the producers', async () => {
    await pipeline().run();
    expect(shutdownMs).to.be.within(40_000, 54_000);
  });

  it('takes nothing when it was to end before it began', async () => {
    abort.abort();
    expect(await pipeline().run()).to.deep.equal({ error: undefined, failed: undefined, isInterrupted: true });
    expect(events).to.deep.equal(['open a', 'open b', ...END]);
  });

  it('ends at its signal, although its sources would go on', async () => {
    for (const source of sources) source.input = forEver;
    const running = pipeline().run();
    setImmediate(() => abort.abort());
    expect(await running).to.deep.equal({ error: undefined, failed: undefined, isInterrupted: true });
    expect(events.slice(-END.length)).to.deep.equal(END);
  });

  it('ends with the error of a source, and closes the others all the same', async () => {
    const bad = new BadLineError({ file: 'in', line: 1, column: 1 }, 'no');
    const [first, second] = sources as [PlayedSource, PlayedSource];
    first.input = forEver;
    second.input = () => Promise.reject(bad);
    first.lastWord = () => Promise.reject(new Error('no space'));
    expect(await pipeline().run()).to.deep.equal({ error: bad, failed: 'source', isInterrupted: false });
    expect(events.slice(-2)).to.deep.equal(['close a', 'close b']);
    expect(log.all).to.equal('at the end {"source":"a","err":"no space"}');
  });

  it('ends when a producer can never start, but not for an outage', async () => {
    for (const source of sources) source.input = forEver;
    start = () => Promise.reject(new TypeError('never'));
    const { error, failed } = await pipeline().run();
    expect(error?.message).to.equal('p: never');
    expect(failed).to.equal('producer');
    events = [];
    start = () => Promise.reject(new TransientSendError('later'));
    const running = pipeline().run();
    setImmediate(() => abort.abort());
    expect(await running).to.deep.equal({ error: undefined, failed: undefined, isInterrupted: true });
  });

  it('has the counts of its sources next to those of its runtime', () => {
    const [{ counts }] = sources as [PlayedSource];
    counts.read = 3;
    counts.bad = 1;
    counts.add('delivered');
    expect(pipeline().stats()).to.deep.equal({
      ...{ producers: {}, routes: { all: 3 }, fallbacks: {}, unmatched: 0 },
      sources: {
        a: { type: 'stdin', read: 3, bad: 1, outcomes: { delivered: 1 }, accepted: 1 },
        b: { type: 'stdin', read: 0, bad: 0, outcomes: {}, accepted: 0 },
      },
    });
  });

  it('ends when a producer was shut down behind its back', async () => {
    for (const source of sources) source.input = forEver;
    start = () => Promise.reject(new ProducerClosedError('p is closed'));
    expect((await pipeline().run()).error?.message).to.equal('p: p is closed');
  });
});

describe('the counts of a source', () => {
  it('tell what a producer has had', () => {
    const counts = new Counts();
    for (const outcome of ['delivered', 'delivered', 'dropped', 'invalid', 'full'] as const) counts.add(outcome);
    expect(counts.accepted).to.equal(3);
    expect(counts.outcomes).to.deep.equal({ delivered: 2, dropped: 1, invalid: 1, full: 1 });
  });
});
