/** Where each value of a file was written and how it may be shown. */

import { LEAST_HIDDEN } from '../secrets/secret-texts.ts';
import type { ReferencedText } from '../yaml/references.ts';
import { isSecret, shown } from './redact.ts';

export type Path = readonly PropertyKey[];

/** What is remembered about the value at one path. */
export interface Mark {
  readonly offset: number;
  readonly keyOffset?: number;
  /** The references that the value was made from. */
  readonly references?: readonly string[];
  /** What these gave. */
  readonly values?: readonly ReferencedText[];
  /** Whether one of them has a default, which is written in the file. */
  readonly hasDefault?: boolean;
  readonly needlessQuotes?: boolean;
  /** It could not be read, which has been reported: nothing more is to be said about it. */
  readonly unreadable?: boolean;
}

export class Marks {
  readonly #marks = new Map<string, Mark>();
  readonly #hidden = new Map<string, string>();

  of(path: Path): Mark | undefined {
    return this.#marks.get(JSON.stringify(path));
  }

  /** Adds to what is known about `path`. */
  set(path: Path, mark: Partial<Mark>): void {
    this.#marks.set(JSON.stringify(path), { offset: 0, ...this.of(path), ...mark });
  }

  /** Where to point for `path`: at its key, or at its value; at what surrounds it when it was not written. */
  offset(path: Path, about: 'key' | 'value' | 'missing'): number {
    const mark = this.of(path);
    if (mark === undefined) return path.length === 0 ? 0 : this.offset(path.slice(0, -1), 'value');
    return about === 'key' ? (mark.keyOffset ?? mark.offset) : mark.offset;
  }

  /** Whether the value at `path`, or one around it, could not be read. */
  isUnreadable(path: Path): boolean {
    return path.some((_, index) => this.of(path.slice(0, index + 1))?.unreadable === true);
  }

  /** The value at `path` for a message: one from a reference by the reference's name, never itself. */
  show(path: Path, value: unknown, marked = false): string {
    const { references = [], needlessQuotes = false } = this.of(path) ?? {};
    if (references.length > 0) return `the value of ${references.join(' and ')}`;
    const hint = needlessQuotes ? ' (remove the quotes)' : '';
    return `${shown(value, marked || isSecret(path))}${hint}`;
  }

  /** From now on `mask` replaces this value, unless it is true or false, which are words of every message. */
  hide(value: unknown, references: readonly string[]): void {
    const text = typeof value === 'boolean' ? '' : String(value);
    if (text.length >= LEAST_HIDDEN) this.#hidden.set(text, references.join('') || '***');
  }

  /** A message that is not ours, without the values that must not be shown. */
  mask(message: string): string {
    // The longest first: of a secret that begins like another one, the rest would stay.
    const hidden = [...this.#hidden].sort(([a], [b]) => b.length - a.length);
    return hidden.reduce((text, [secret, instead]) => text.replaceAll(secret, () => instead), message);
  }
}
