/** Reads the configuration of a command, and prints its warnings. */

import type { LoadedFile, LoadedProducer } from '../config/load.ts';
import { noProducer } from '../config/report/no-producer.ts';
import { loadConfig } from '../runtime.ts';
import { OutspoolError } from '../shared/errors.ts';
import { GIVEN_PATIENCE_MS } from '../shared/files/pipe-reads.ts';
import { tooLarge } from '../shared/files/whole-reads.ts';
import { onAbort } from '../shared/util/abort.ts';
import { STANDARD } from './flags.ts';
import { say } from './output.ts';
import { UsageError } from './process/exit.ts';
import { standardInput } from './send/input.ts';

/** Reads a file, or the standard input for `-` until `signal` is aborted. @throws ConfigError with every problem of the file */
export async function readConfig(path: string, signal: AbortSignal): Promise<LoadedFile> {
  const read = (mostBytes: number) => readStandardInput(mostBytes, signal);
  const file = await (path === STANDARD ? loadConfig('<stdin>', { read }) : loadConfig(path));
  for (const warning of file.warnings) say(warning);
  return file;
}

/** @throws RangeError for more bytes, and after 60 s without one; OutspoolError once `signal` is aborted */
async function readStandardInput(mostBytes: number, signal: AbortSignal): Promise<Buffer> {
  const stream = standardInput();
  const seconds = GIVEN_PATIENCE_MS / 1000;
  if (process.stdin.isTTY)
    say(`reading the configuration from the terminal; Ctrl-D ends, and ${seconds} s without a line give up`);
  const silent = () => stream.destroy(new RangeError(`has sent no byte for ${seconds} s, and has not ended`));
  const timer = setTimeout(silent, GIVEN_PATIENCE_MS);
  const unlink = onAbort(signal, () =>
    stream.destroy(new OutspoolError('interrupted while reading the configuration from the standard input')),
  );
  try {
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of stream) {
      timer.refresh();
      bytes += (part as Buffer).length;
      if (bytes > mostBytes) throw tooLarge(mostBytes);
      parts.push(part as Buffer);
    }
    return Buffer.concat(parts);
  } finally {
    clearTimeout(timer);
    unlink();
  }
}

/** Reads the producers of a configuration. @throws as `readConfig` */
export const readDefinitions = async (path: string, signal: AbortSignal): Promise<LoadedProducer[]> =>
  (await readConfig(path, signal)).producers;

export const nameOf = ({ config }: LoadedProducer): string => String(config.name);

interface Found {
  readonly config: string;
  readonly definitions: readonly LoadedProducer[];
}

export const noSuchProducer = (name: string, { config, definitions }: Found): UsageError =>
  new UsageError(noProducer(name, config, definitions.map(nameOf)));

/** @throws UsageError for a name that no producer has */
export function assertNamed(names: readonly string[], found: Found): void {
  const strange = names.find((name) => !found.definitions.some((one) => nameOf(one) === name));
  if (strange !== undefined) throw noSuchProducer(strange, found);
}
