/** A line on a terminal's stderr that shows how far a command is. Other lines appear above it. */

import { overlay } from '../output.ts';
import { progressLine, type Reading } from './line.ts';
import { PaceMeter } from './pace.ts';
import { cutTo } from './width.ts';

/** Time in ms between two drawings. */
const DRAW_EVERY_MS = 250;

/** Columns of a terminal that does not report its width. */
const USUAL_COLUMNS = 80;

const CLEAR = '\r\x1b[K';
const RED = '\x1b[31m';
const PLAIN = '\x1b[39m';

/** What a terminal is, as far as the line needs it. */
export interface Screen {
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly title: string;
  /** Returns how far the command is. Called some times a second. */
  read(): Reading;
  readonly hasColors: boolean;
  readonly screen?: Screen;
  readonly now?: () => number;
}

export class Progress {
  readonly #options: ProgressOptions;
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #pace = new PaceMeter();
  readonly #timer: NodeJS.Timeout;
  readonly #atExit = () => this.hide();
  /** The line as it is on the screen; undefined if it is not. */
  #shown: string | undefined;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#screen = options.screen ?? process.stderr;
    this.#now = options.now ?? (() => performance.now());
    this.#timer = setInterval(() => this.#draw(), DRAW_EVERY_MS).unref();
    overlay.set(this);
    process.once('exit', this.#atExit);
    this.#draw();
  }

  /** Removes the line from the screen until the next drawing. */
  hide(): void {
    if (this.#shown !== undefined) this.#screen.write(CLEAR);
  }

  /** Puts the line back below what was written meanwhile. */
  show(): void {
    if (this.#shown !== undefined) this.#screen.write(this.#shown);
  }

  /** Removes the line for good. */
  end(): void {
    clearInterval(this.#timer);
    this.hide();
    this.#shown = undefined;
    overlay.set(undefined);
    process.off('exit', this.#atExit);
  }

  /** Draws the line. A reading that throws ends the line, because the command itself can still succeed. */
  #draw(): void {
    try {
      this.#drawReading(this.#options.read());
    } catch {
      this.end();
    }
  }

  #drawReading(reading: Reading): void {
    const { title, hasColors } = this.#options;
    const text = progressLine(title, reading, this.#pace.take(reading, this.#now()));
    // The last column stays free, because a terminal may go on to the next line after it.
    const cut = cutTo((this.#screen.columns || USUAL_COLUMNS) - 1, text);
    const line = hasColors && (reading.failed ?? 0) > 0 ? cut.replace(/[\d,]+ failed/, `${RED}$&${PLAIN}`) : cut;
    if (line === this.#shown) return;
    this.#shown = line;
    this.#screen.write(CLEAR + line);
  }
}
