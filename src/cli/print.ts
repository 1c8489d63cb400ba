/** Writes large output no faster than its reader takes it. */

import { once } from 'node:events';
import fs from 'node:fs';
import { asError } from '../shared/errors.ts';
import { UsageError } from './process/exit.ts';

export interface Sink {
  /** Resolves with false when the reader has gone. */
  write(text: string | Buffer): Promise<boolean>;
  close(): void;
}

export const standardOutput: Sink = {
  write: async (text) => {
    const { stdout } = process;
    if (!stdout.writable) return false;
    return stdout.write(text) || once(stdout, 'drain').then(always, never);
  },
  close: () => {},
};

const always = () => true;
const never = () => false;

/** Creates a new file that only its owner may read. @throws UsageError where it exists, or cannot be created */
export function newFile(path: string): Sink {
  try {
    const fd = fs.openSync(path, 'wx', 0o600);
    return {
      write: async (text) => {
        fs.writeFileSync(fd, text);
        return true;
      },
      close: () => fs.closeSync(fd),
    };
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new UsageError(exists ? `${path} exists; name a file that does not` : asError(error).message);
  }
}
