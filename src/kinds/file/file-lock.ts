/**
 * Tells whether this process is the only one that has a file open for appending. Every writer holds a shared lock. A writer that
 * gets the exclusive lock is the only one, and may remove bytes. Without koffi or flock the answer is always no, so that nothing
 * is removed.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { TransientSendError } from '../../shared/errors.ts';
import { type Flock, LOCK_EX, LOCK_NB, LOCK_SH, loadFlock, TAKEN } from '../../shared/files/flock.ts';

/** Number of attempts at the shared lock. Another process holds the exclusive lock only for the milliseconds of a repair. */
const ASKED_AT_MOST = 100;
const ASK_AGAIN_MS = 5;

export class FileLock {
  readonly #fd: number;
  readonly #flock: Flock | undefined;

  private constructor(fd: number, flock: Flock | undefined) {
    this.#fd = fd;
    this.#flock = flock;
  }

  /** Takes the shared lock until the descriptor is closed. @throws TransientSendError when a process has the exclusive lock */
  static async share(fd: number): Promise<FileLock> {
    const lock = new FileLock(fd, flock());
    await lock.#share();
    return lock;
  }

  async #share(): Promise<void> {
    for (let time = 0; time < ASKED_AT_MOST; time++) {
      if (this.#flock?.(this.#fd, LOCK_SH | LOCK_NB) !== TAKEN) return;
      await sleep(ASK_AGAIN_MS);
    }
    throw new TransientSendError('another process has locked the file');
  }

  /** Runs `work` while no other process can write. Returns false without running it where another process may write. */
  async whileAlone(work: () => Promise<void>): Promise<boolean> {
    const isAlone = this.#flock?.(this.#fd, LOCK_EX | LOCK_NB) === 0;
    try {
      if (isAlone) await work();
    } finally {
      // A request for the exclusive lock drops the shared one, even when the request is refused.
      await this.#share();
    }
    return isAlone;
  }
}

let loaded: { readonly flock: Flock | undefined } | undefined;

/** Returns `flock`, or undefined where it cannot be loaded. File systems without locks answer its calls with an error. */
function flock(): Flock | undefined {
  loaded ??= { flock: attempt() };
  return loaded.flock;
}

function attempt(): Flock | undefined {
  try {
    return loadFlock('the file kind');
  } catch {
    return undefined;
  }
}
