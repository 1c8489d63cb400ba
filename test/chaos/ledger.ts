/** What producers have promised: written and synced here, in a process that nobody kills, before it counts. */

import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';

export class Ledger {
  readonly #path: string;
  readonly #fd: number;

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, 'ax', 0o600);
  }

  accepted(ids: readonly number[]): void {
    if (ids.length === 0) return;
    writeSync(this.#fd, `${ids.join('\n')}\n`);
    fdatasyncSync(this.#fd);
  }

  /** Everything in it, as it lies on disk. */
  read(): number[] {
    return readFileSync(this.#path, 'utf8').split('\n').filter(Boolean).map(Number);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
