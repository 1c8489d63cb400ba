/** Records where each value of a file was written, and how a message may show it. */

import { LEAST_HIDDEN } from '../secrets/secret-texts.ts';
import type { ReferencedText } from '../yaml/references.ts';
import { isSecret, shown } from './redact.ts';

export type Path = readonly PropertyKey[];

/** The position of the value at one path, and its origin. */
export interface Mark {
  readonly offset: number;
  readonly keyOffset?: number;
  /** The references that the value was made from. */
  readonly references?: readonly string[];
  /** The values of these references. */
  readonly values?: readonly ReferencedText[];
  /** Whether one of the references has a default, which is written in the file. */
  readonly hasDefault?: boolean;
  readonly needlessQuotes?: boolean;
  /** Whether the value could not be read. That has been reported, so no further problem of it is. */
  readonly unreadable?: boolean;
}

export class Marks {
  readonly #marks = new Map<string, Mark>();
  readonly #hidden = new Map<string, string>();

  of(path: Path): Mark | undefined {
    return this.#marks.get(JSON.stringify(path));
  }

  /** Adds to the mark of `path`. */
  set(path: Path, mark: Partial<Mark>): void {
    this.#marks.set(JSON.stringify(path), { offset: 0, ...this.of(path), ...mark });
  }

  /** Returns the offset to point to for `path`: its key or its value, or the value around it when it was not written. */
  offset(path: Path, about: 'key' | 'value' | 'missing'): number {
    const mark = this.of(path);
    if (mark === undefined) return path.length === 0 ? 0 : this.offset(path.slice(0, -1), 'value');
    return about === 'key' ? (mark.keyOffset ?? mark.offset) : mark.offset;
  }

  /** Whether the value at `path`, or one around it, could not be read. */
  isUnreadable(path: Path): boolean {
    return path.some((_, index) => this.of(path.slice(0, index + 1))?.unreadable === true);
  }

  /** Formats the value at `path` for a message. A value from a reference is shown by the reference's name, never itself. */
  show(path: Path, value: unknown, marked = false): string {
    const { references = [], needlessQuotes = false } = this.of(path) ?? {};
    if (references.length > 0) return `the value of ${references.join(' and ')}`;
    const hint = needlessQuotes ? ' (remove the quotes)' : '';
    return `${shown(value, marked || isSecret(path))}${hint}`;
  }

  /** Makes `mask` replace this value from now on, unless it is true or false, which are words of many messages. */
  hide(value: unknown, references: readonly string[]): void {
    const text = typeof value === 'boolean' ? '' : String(value);
    if (text.length >= LEAST_HIDDEN) this.#hidden.set(text, references.join('') || '***');
  }

  /** Masks the hidden values in a message that is not ours. */
  mask(message: string): string {
    // The longest comes first. Else the rest of a secret that begins like another one would stay.
    const hidden = [...this.#hidden].sort(([a], [b]) => b.length - a.length);
    return hidden.reduce((text, [secret, instead]) => text.replaceAll(secret, () => instead), message);
  }
}
