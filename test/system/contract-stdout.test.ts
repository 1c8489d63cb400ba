import { spawnSync } from 'node:child_process';
import { constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContractFactory, producerContract } from '../../src/testing/contract.ts';
import { PipeProducer } from '../fixtures/producers/pipe-producer.ts';
import { lineReader } from '../support/lines-in.ts';

const directory = mkdtempSync(join(tmpdir(), 'outspool-'));
const readers: Socket[] = [];
after(() => {
  for (const reader of readers) reader.destroy();
  rmSync(directory, { recursive: true, force: true });
});

let pipes = 0;
function pipe(): string {
  const path = join(directory, `pipe-${pipes++}`);
  spawnSync('mkfifo', [path]);
  return path;
}

/** What has come out of a pipe: read all the time, as somebody behind `|` would, also while nobody has it open to write. */
function moreFrom(path: string): () => Buffer {
  const reader = new Socket({ fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), readable: true });
  readers.push(reader.unref());
  const chunks: Buffer[] = [];
  reader.on('data', (chunk) => chunks.push(chunk));
  return () => Buffer.concat(chunks.splice(0));
}

/** One pipe for all: a second producer of a check writes where the first one did. */
const served = pipe();
const getMessageFromTopic = lineReader(moreFrom(served));

const factory: ContractFactory = async ({ unavailable, settings, options }) => {
  const config = { name: 'contract', pipe: unavailable ? pipe() : served, ...settings, type: 'stdout' } as const;
  return { producer: new PipeProducer(config, options), getMessageFromTopic };
};

producerContract('the standard output', factory, {
  features: {
    ordered: true,
    persistent: false,
    headers: true,
    keys: true,
    tombstones: true,
    batches: false, // it does, but a pipe cannot be asked how often it was written to
    exactlyOnce: false,
  },
});
