/** Lines of which a part is out when an attempt is given up, or the worker dies. */

import { spawnSync } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildHooks } from '../../../../src/shared/build-side.ts';
import { Message } from '../../../../src/shared/message/message.ts';
import type { Batch } from '../../../../src/shared/transport.ts';
import { PipeProducer } from '../../../fixtures/producers/pipe-producer.ts';
import { quiet } from '../../../support/quiet.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';
import { until } from '../../../support/until.ts';

/** More than a pipe holds. */
const LONG = 'x'.repeat(200_000);

describe('a line that is half out', () => {
  const directory = temporaryDirectories();
  let path: string;
  let reader: Socket;
  let text: string;
  let ledger: SharedArrayBuffer;
  let settled: Set<number>;

  beforeEach(() => {
    path = join(directory(), 'pipe');
    spawnSync('mkfifo', [path]);
    reader = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK) });
    text = '';
    ledger = new SharedArrayBuffer(PipeProducer.ledgerBytes);
    settled = new Set();
  });
  afterEach(() => reader.destroy());

  const read = () =>
    reader.on('data', (chunk) => {
      text += chunk;
    });

  /** The hooks of a new worker. */
  function worker(): PipeProducer {
    const config = { type: 'stdout', name: 'out', format: 'value', pipe: path } as const;
    const hooks = buildHooks(
      { log: quiet, ledger, tellThrottled: () => {}, tellStatistics: () => {} },
      () => new PipeProducer(config),
    );
    hooks._connect();
    return hooks;
  }

  const batchOf = (values: readonly string[], signal: AbortSignal): Batch => ({
    size: values.length,
    memory: new Uint8Array(),
    offsets: new Uint32Array(),
    sequence: 0,
    id: String,
    skip: (index) => settled.has(index),
    message: (index) =>
      new Message({
        topic: 't',
        key: null,
        value: Buffer.from(values[index] as string),
        headers: [],
        partition: null,
        timestamp: null,
        isError: false,
      }),
    attempting: () => {},
    delivered: (index) => void settled.add(index),
    failed: (_index, error) => {
      throw error;
    },
    signal,
  });

  const never = new AbortController().signal;

  it('is ended by its rest when it is tried again, and counts once', async () => {
    const producer = worker();
    const values = ['1', LONG, '3'];
    await producer._sendBatch(batchOf(values, AbortSignal.timeout(50)));
    expect([...settled]).to.deep.equal([0]);
    read();
    await producer._sendBatch(batchOf(values, never));
    expect([...settled]).to.deep.equal([0, 1, 2]);
    await until(() => text.endsWith('3\n'));
    expect(text).to.equal(`1\n${LONG}\n3\n`);
  });

  it('is ended by a line feed when its worker has died, and comes again', async () => {
    await worker()._sendBatch(batchOf(['1', LONG], AbortSignal.timeout(50)));
    read();
    await worker()._sendBatch(batchOf(['1', LONG], never));
    await until(() => text.endsWith(`${LONG}\n`));
    const [first, half, again, rest] = text.split('\n');
    expect([first, again === LONG, rest]).to.deep.equal(['1', true, '']);
    expect(LONG.startsWith(half as string)).to.equal(true);
  });
});
