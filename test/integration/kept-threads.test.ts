/** A worker whose loop has failed ends, also where code of its class has caught the exception. */

import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { WorkerHandle } from '../../src/caller/link/thread-host.ts';
import { AttemptMark } from '../../src/shared/attempt-mark.ts';
import { FAILURES, KEEPERS, KeepingProducer } from '../fixtures/producers/keeping-producers.ts';
import { type LogLine, noting } from '../support/engine-rig.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS, PATIENT, until } from '../support/until.ts';

const SETTINGS = { maxRetries: 0, maxResets: 0, backoffMs: 0, connectTimeoutMs: 60_000, attemptTimeoutMs: 60_000 };

describe('a worker whose loop has failed', () => {
  const directory = temporaryDirectories();

  for (const keeper of Object.keys(KEEPERS))
    for (const failure of Object.keys(FAILURES))
      it(`${failure} is replaced behind ${keeper}, and the log says why`, async () => {
        const lines: LogLine[] = [];
        const config = { type: 'custom', name: 'kept', keeper, failure, file: join(directory(), 'first') };
        const producer = new KeepingProducer(config as never, { logger: noting(lines) });
        await producer.send({ value: 1 }, PATIENT);
        const death = lines.find(({ message }) => message.startsWith('the worker died'));
        expect(death?.fields.err).to.match(/the loop has failed|could not be cloned/);
        await until(() => producer.stats().workerRestarts === 1);
        await producer.send({ value: 2 }, PATIENT);
        await producer.shutdown(HANG_MS);
      });

  for (const keeper of Object.keys(KEEPERS))
    it(`at what the caller’s side has sent ends behind ${keeper}`, async () => {
      const { module, name: className } = KeepingProducer;
      const config = { type: 'custom', name: 'kept', keeper, failure: '', file: join(directory(), 'first') };
      let isConnected = false;
      const exits: Error[] = [];
      const handle = new WorkerHandle(
        {
          source: { module, className, config },
          run: 'run',
          settings: { ...SETTINGS, topic: '', errorTopic: '' },
          attempt: new AttemptMark().shared,
          ledger: new SharedArrayBuffer(8),
        },
        {
          message: (message) => {
            isConnected ||= message.type === 'connection' && message.state === 'connected';
          },
          exit: (error) => exits.push(error),
        },
      );
      handle.post({ type: 'connect' });
      await until(() => isConnected);
      handle.post({ type: 'nonsense' } as never);
      await until(() => exits.length > 0);
      expect(exits.map(({ message }) => message)).to.have.length(1);
      expect(exits[0]?.message).to.match(/^the worker thread ended with code 1: .*is not a function/);
      await handle.terminate();
    });
});
