import { getPriority } from 'node:os';
import { platform } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel, threadId } from 'node:worker_threads';
import { expect } from 'chai';
import { WorkerHandle } from '../../src/caller/link/thread-host.ts';
import { AttemptMark } from '../../src/shared/attempt-mark.ts';
import { ConfigError, ProducerClosedError } from '../../src/shared/errors.ts';
import type { ToCaller } from '../../src/shared/protocol.ts';
import {
  BlockingProducer,
  Homeless,
  hidden,
  ListeningProducer,
  LoggingProducer,
  NestingProducer,
  OneBatchProducer,
  SelfProducer,
  ThreadProducer,
} from '../fixtures/producers/odd-producers.ts';
import { type LogLine, noting } from '../support/engine-rig.ts';
import { quiet } from '../support/quiet.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

/** A thread that is away for so long, in ms, is reported. */
const SILENT_MS = 600;
/** On a busy machine a thread that would turn its loop may get no core for longer than the above. */
const STARVED_MS = 5000;
const IDLE = { maxRetries: 0, maxResets: 0, backoffMs: 0, connectTimeoutMs: 60_000, attemptTimeoutMs: 60_000 };

describe('a producer and its worker', () => {
  const definition = (name: string) => ({ type: 'custom', name });
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.fail('it did not fail'),
      (reason: Error) => reason,
    );

  it('runs its hooks on another thread, which steps back where cores are contended (I4)', async () => {
    const channel = new BroadcastChannel('threads');
    const heard = new Promise<{ threadId: number; priority: number }>((resolve) => {
      channel.onmessage = (event) => resolve((event as MessageEvent).data);
    });
    const producer = new ThreadProducer({ ...definition('threads'), channel: 'threads' } as never, { logger: quiet });
    await producer.send({ value: 1 }, PATIENT);
    const hooks = await heard;
    channel.close();
    expect(hooks.threadId).not.to.equal(threadId);
    if (platform === 'linux') expect(hooks.priority).to.equal(Math.min(getPriority() + 10, 19));
    await producer.shutdown(HANG_MS);
  });

  /** What is said of a worker from the beginning of its first connection on, whose hook keeps its thread for so long. */
  async function saidOfBlocked(blockMs: number, silentMs = SILENT_MS): Promise<string[]> {
    const config = { ...definition('blocking'), blockMs };
    const { module, name: className } = BlockingProducer;
    const said: ToCaller[] = [];
    const handle = new WorkerHandle(
      {
        source: { module, className, config },
        run: 'run',
        settings: { ...IDLE, topic: '', errorTopic: '' },
        attempt: new AttemptMark().shared,
        ledger: new SharedArrayBuffer(8),
      },
      { message: (message) => said.push(message), exit: () => {} },
      { silentMs },
    );
    handle.post({ type: 'connect' });
    const words = () =>
      said.flatMap((message) =>
        message.type === 'connection' ? [message.state] : message.type === 'log' ? [message.message] : [],
      );
    try {
      await until(() => words().includes('connected'));
      await sleep(silentMs); // a thread that is away is back by then, or reported
      return words().slice(words().indexOf('connecting'));
    } finally {
      await handle.terminate();
    }
  }

  it('is said to be stuck when a hook keeps its thread, and to be back afterwards', async () => {
    const [connecting, stuck, ...rest] = await saidOfBlocked(3 * SILENT_MS);
    expect(connecting).to.equal('connecting');
    expect(stuck).to.contain('does not come back to its event loop');
    // It may be away once more, for want of a core.
    expect(rest).to.include.members(['connected', 'the worker thread is back']);
  });

  it('is not, when a hook gives its thread back', async () => {
    expect(await saidOfBlocked(1, STARVED_MS)).to.deep.equal(['connecting', 'connected']);
  });

  it('has a loop whose times only grow, also over the death of its thread', async () => {
    const producer = new LoggingProducer(definition('timed'), { logger: quiet });
    await producer.send({ value: 1 }, PATIENT);
    await until(() => producer.stats().workerLoop.activeMs > 0 && producer.stats().workerLoop.idleMs > 0);
    const before = producer.stats().workerLoop;
    await producer.shutdown();
    const after = producer.stats().workerLoop;
    expect(after.activeMs).to.be.at.least(before.activeMs);
    expect(after.idleMs).to.be.at.least(before.idleMs);
  });

  it('delivers a message whose hook logs what cannot cross the thread, and says the line as well as it can', async () => {
    const lines: LogLine[] = [];
    const producer = new LoggingProducer(definition('logging'), { logger: noting(lines) });
    await producer.send({ value: 1 }, PATIENT);
    const said = lines.filter(({ message }) => message === 'from the hook');
    expect(said).to.have.length(1);
    expect(JSON.stringify(said[0]?.fields)).to.contain('hook');
    const console = lines.filter(({ message }) => message === 'as with console');
    expect(console.map(({ fields }) => fields)).to.deep.equal([{ producer: 'logging', n: 1 }]);
    await producer.shutdown(HANG_MS);
  });

  it('is given no more batches at once than its class says, and what comes meanwhile goes together', async () => {
    const sizes: (number | undefined)[] = [];
    const options = {
      logger: quiet,
      deliveryReport: (_: unknown, { offset }: { offset?: number }) => sizes.push(offset),
    };
    const producer = new OneBatchProducer(definition('one-batch'), options as never);
    for (let value = 0; value < 12; value++) {
      producer.produce({ value });
      await sleep(5);
    }
    await producer.shutdown(HANG_MS);
    const batches = sizes.reduce<number>((sum, size) => sum + 1 / (size ?? 0), 0);
    expect(sizes).to.have.length(12);
    expect(batches, 'batches').to.be.lessThan(12);
  });

  it('starts no thread before the first message or start()', async () => {
    const producer = new ThreadProducer({ ...definition('lazy'), channel: 'lazy' } as never, { logger: quiet });
    expect(producer.stats()).to.include({ state: 'created', connection: 'disconnected' });
    expect(await producer.shutdown(HANG_MS)).to.include({ undelivered: 0, timedOut: false });
    expect(producer.stats().state).to.equal('closed');
  });

  for (const [Class, call] of [
    [SelfProducer, 'produce()'],
    [NestingProducer, 'new SelfProducer()'],
  ] as const)
    it(`says so when a hook calls ${call}`, async () => {
      const logs: LogLine[] = [];
      const producer = new Class(definition('inside'), { logger: noting(logs), deadLetter: () => {} });
      producer.produce({ value: 1 });
      const said = `${call} was called inside the worker thread`;
      await until(() => logs.some(({ fields }) => String(fields.err ?? fields.reason).includes(said)));
      expect((await producer.shutdown(500)).delivered).to.equal(0);
    });

  it('fails clearly when the worker cannot find the class', async () => {
    const producer = new hidden.Hidden(definition('hidden'), { logger: quiet });
    const error = await failure(producer.start(PATIENT));
    expect(error).to.be.instanceOf(ConfigError);
    expect(error.message).to.include('does not export Hidden');
    expect(() => producer.produce({ value: 1 })).to.throw(ProducerClosedError, 'does not export Hidden');
    expect(await producer.shutdown(HANG_MS)).to.include({ undelivered: 0 });
  });

  it('fails clearly when the class does not say where it is', async () => {
    expect(() => new Homeless(definition('homeless'))).to.throw(ConfigError, 'static module = import.meta.url');
  });

  it('calls an overridden deliveryReport on the caller’s thread, for good and for bad', async () => {
    const producer = new ListeningProducer(definition('listening'), { logger: quiet });
    for (const value of ['good', 'bad', 'better']) producer.produce({ value });
    await producer.flush(HANG_MS);
    await producer.shutdown(HANG_MS);
    expect(producer.heard).to.have.deep.members([
      [threadId, null, 'good'],
      [threadId, 'TypeError', 'bad'],
      [threadId, null, 'better'],
    ]);
  });
});
