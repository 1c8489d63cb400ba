/** The alternate screen of a terminal with its keys. Whatever ends the process, the terminal is as it was before. */

import { overlay } from '../output.ts';
import type { Size } from './frame.ts';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

const USUAL: Size = { columns: 80, lines: 24 };

/** Ctrl-C is a key like any other while the terminal passes each key on. */
const QUIT: ReadonlySet<string> = new Set(['q', 'Q', '\x03']);

export class AlternateScreen {
  readonly #leave = () => this.#restore();
  readonly #onKeys = (keys: Buffer) => {
    if ([...keys.toString()].some((key) => QUIT.has(key))) this.#quit();
  };
  readonly #quit: () => void;
  readonly #resized: () => void;
  #isOpen = true;

  /** `quit` is called for q and Ctrl-C, `resized` when the terminal has another size. */
  constructor(quit: () => void, resized: () => void) {
    this.#quit = quit;
    this.#resized = resized;
    process.stdout.write(ENTER);
    process.once('exit', this.#leave);
    process.stdout.on('resize', this.#resized);
    overlay.set({ hide: this.#leave, show: () => {} });
    if (!process.stdin.isTTY) return;
    process.stdin.setRawMode(true).on('data', this.#onKeys).resume();
  }

  get size(): Size {
    const { columns, rows } = process.stdout;
    return { columns: columns || USUAL.columns, lines: rows || USUAL.lines };
  }

  draw(lines: readonly string[]): void {
    if (this.#isOpen)
      process.stdout.write(`${HOME}${lines.map((line) => line + CLEAR_LINE).join('\r\n')}${CLEAR_BELOW}`);
  }

  close(): void {
    this.#restore();
    overlay.set(undefined);
    process.off('exit', this.#leave);
    process.stdout.off('resize', this.#resized);
    process.stdin.off('data', this.#onKeys).pause();
  }

  #restore(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdout.write(LEAVE);
  }
}
