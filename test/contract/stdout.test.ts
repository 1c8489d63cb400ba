import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ContractFactory, producerContract } from '../../src/testing/contract.ts';
import { DescriptorProducer } from '../fixtures/producers/descriptor-producer.ts';
import { lineReader } from '../support/lines-in.ts';
import { quiet } from '../support/quiet.ts';

const directory = mkdtempSync(join(tmpdir(), 'outspool-'));
const open: number[] = [];
after(() => {
  for (const fd of open) closeSync(fd);
  rmSync(directory, { recursive: true, force: true });
});

/** A pipe of this process, and what has come out of it so far. */
function pipe(name: string) {
  const path = join(directory, name);
  spawnSync('mkfifo', [path]);
  // The reader first: without one a pipe does not open for writing.
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  open.push(writer);
  const chunk = Buffer.alloc(64 * 1024);
  let text = '';
  const read = () => {
    try {
      text += chunk.toString('utf8', 0, readSync(reader, chunk));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return text;
  };
  return { writer, reader, read };
}

let pipes = 0;
const factory: ContractFactory = async ({ unavailable }) => {
  const { writer, reader, read } = pipe(String(pipes++));
  if (unavailable) closeSync(reader);
  else open.push(reader);
  const config = { type: 'stdout', name: 'contract', fd: writer } as const;
  const producer = new DescriptorProducer(config, { logger: quiet });
  return { producer, getMessageFromTopic: lineReader(read) };
};

producerContract('a pipe, as the standard output may be one', factory);
