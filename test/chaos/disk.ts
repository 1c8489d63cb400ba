/** A small disk of its own for the spool, which can be full. Only root may mount one; elsewhere the spool is in a folder. */

import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const SIZE = '48m';
const PIECE = Buffer.alloc(64 * 1024);

export class Disk {
  readonly path: string;
  /** Why there is none, in one line. */
  readonly missing: string | undefined;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path);
    this.missing = mount(path);
    process.once('exit', this.#atExit);
  }

  /** Also when the harness itself is ended. */
  readonly #atExit = (): void => this.remove();

  get #filler(): string {
    return join(this.path, 'filler');
  }

  /** Takes all space that is left, to the last page. */
  fill(): void {
    const fd = openSync(this.#filler, 'w');
    try {
      for (let piece = PIECE; piece.length > 0; )
        piece = writeSome(fd, piece) ? piece : piece.subarray(Math.ceil(piece.length / 2));
    } finally {
      closeSync(fd);
    }
  }

  clear(): void {
    rmSync(this.#filler, { force: true });
  }

  remove(): void {
    process.off('exit', this.#atExit);
    if (this.missing === undefined) execFileSync('umount', ['--lazy', this.path]);
  }
}

function mount(path: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE}`, 'tmpfs', path], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `no disk of its own can be mounted here: ${String((error as Error).message)
      .trim()
      .split('\n')
      .at(-1)}`;
  }
}

function writeSome(fd: number, piece: Buffer): boolean {
  try {
    return writeSync(fd, piece) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
