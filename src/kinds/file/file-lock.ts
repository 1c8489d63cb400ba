/**
 * Tells whether this process alone has a file open to append to it. Every writer holds a shared lock; who gets the exclusive
 * one is alone, and may take bytes away. Without koffi or flock nobody is ever sure, and nothing is taken away.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { TransientSendError } from '../../shared/errors.ts';
import { type Flock, LOCK_EX, LOCK_NB, LOCK_SH, loadFlock, TAKEN } from '../../shared/files/flock.ts';

/** Somebody has the exclusive lock while it mends the file: for milliseconds. */
const ASKED_AT_MOST = 100;
const ASK_AGAIN_MS = 5;

export class FileLock {
  readonly #fd: number;
  readonly #flock: Flock | undefined;

  private constructor(fd: number, flock: Flock | undefined) {
    this.#fd = fd;
    this.#flock = flock;
  }

  /** Goes when the descriptor is closed. @throws TransientSendError when somebody keeps the exclusive lock */
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

  /** Does `work` while nobody else can write, and says true; false, and nothing done, where somebody else may. */
  async whileAlone(work: () => Promise<void>): Promise<boolean> {
    const isAlone = this.#flock?.(this.#fd, LOCK_EX | LOCK_NB) === 0;
    try {
      if (isAlone) await work();
    } finally {
      // Asking for more gives up what one had, also when it is refused.
      await this.#share();
    }
    return isAlone;
  }
}

let loaded: { readonly flock: Flock | undefined } | undefined;

/** Some file systems have no locks either, which `flock` answers with an error. */
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
