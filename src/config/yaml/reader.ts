/** Converts YAML nodes to plain data as the schema directs, and records where each value was written. */

import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { type Schema, under, wanted } from '../report/introspect.ts';
import { Marks, type Path } from '../report/positions.ts';
import { isSecretText } from '../report/redact.ts';
import type { Source } from './document.ts';
import { mappingEntries } from './mapping.ts';
import type { Sources } from './references.ts';
import { readScalar } from './scalar.ts';

/** Maximum number of values in a file. A dozen aliases can stand for millions of values (a "billion laughs" file). */
const MAX_VALUES = 10_000;
const MAX_DEPTH = 64;

/** Replaces a value that could not be read. Its path is marked, so that no further problem is reported for it. */
const UNREADABLE = '';

/** Called for everything that cannot be read. */
export type Report = (offset: number, path: Path, message: string) => void;

export class Reader {
  readonly marks = new Marks();
  readonly #source: Source;
  readonly #sources: Sources;
  readonly #report: Report;
  /** The nodes that are being read, outermost first. An alias to one of these contains itself. */
  readonly #open: unknown[] = [];
  #values = 0;

  constructor(source: Source, sources: Sources, report: Report) {
    this.#source = source;
    this.#sources = sources;
    this.#report = report;
  }

  /** Reads the value of `node`, which `schemas` describe. */
  read(node: unknown, schemas: readonly Schema[], path: Path): unknown {
    const offset = offsetOf(node) ?? this.marks.of(path)?.offset ?? 0;
    this.marks.set(path, { offset });
    const target = this.target(node, path);
    if (target === undefined) return UNREADABLE;
    if (this.#isTooMuch(offset, path)) return this.#unreadable(path);
    if (isScalar(target)) return this.#scalar(target, schemas, path);
    if (!isMap(target) && !isSeq(target)) return null;
    this.#open.push(target);
    const value = isMap(target) ? this.#mapping(target, schemas, path) : this.#list(target, schemas, path);
    this.#open.pop();
    return value;
  }

  /** Returns the node that `node` stands for. Returns undefined and reports it when it is an alias without a target. */
  target(node: unknown, path: Path): unknown {
    if (!isAlias(node)) return node ?? null;
    const target = node.resolve(this.#source.document);
    const problem = this.#aliasProblem(target);
    if (problem === undefined) return target;
    this.#report(offsetOf(node) ?? 0, path, problem);
    this.#unreadable(path);
    return undefined;
  }

  /** Describes what is wrong with an alias, without its name, because an unquoted password that begins with an asterisk is one too. */
  #aliasProblem(target: unknown): string | undefined {
    if (target === undefined) return 'this alias has no anchor before it (put a text that begins with * in quotes)';
    return this.#open.includes(target) ? 'this alias contains itself' : undefined;
  }

  #unreadable(path: Path): typeof UNREADABLE {
    this.marks.set(path, { unreadable: true });
    return UNREADABLE;
  }

  /** Counts a value and reports once when there are too many; after that the reader reads no more. */
  #isTooMuch(offset: number, path: Path): boolean {
    this.#values++;
    if (this.#values === MAX_VALUES)
      this.#report(offset, path, `more than ${MAX_VALUES} values, counting what aliases stand for`);
    const tooDeep = path.length > MAX_DEPTH;
    if (tooDeep) this.#report(offset, path.slice(0, 3), `nested more than ${MAX_DEPTH} levels deep`);
    return tooDeep || this.#values >= MAX_VALUES;
  }

  #scalar(node: Parameters<typeof readScalar>[0], schemas: readonly Schema[], path: Path): unknown {
    const { value, problems, ...mark } = readScalar(node, wanted(schemas), this.#sources);
    const { references } = mark;
    this.marks.set(path, mark);
    if (references.length > 0 || isSecretText(path, String(value))) this.marks.hide(value, references);
    for (const problem of problems) this.#report(this.marks.of(path)?.offset ?? 0, path, problem);
    return problems.length > 0 ? this.#unreadable(path) : value;
  }

  #list(node: YAMLSeq, schemas: readonly Schema[], path: Path): unknown[] {
    const found = under(schemas, 0);
    return node.items.map((item, index) => this.read(item, found, [...path, index]));
  }

  #mapping(node: YAMLMap, schemas: readonly Schema[], path: Path): Record<string, unknown> {
    const entries = mappingEntries(node, {
      path,
      target: (inner) => this.target(inner, path),
      report: this.#report,
      lineOf: (offset) => this.#source.at(offset).line,
    });
    // Unlike an assignment, fromEntries makes a key such as __proto__ an ordinary one.
    return Object.fromEntries(entries.map(([key, pair]) => [key, this.#member(key, pair, schemas, path)]));
  }

  #member(key: string, pair: Pair, schemas: readonly Schema[], path: Path): unknown {
    const here = [...path, key];
    const keyOffset = offsetOf(pair.key) ?? 0;
    this.marks.set(here, { keyOffset, offset: keyOffset });
    return this.read(pair.value, under(schemas, key), here);
  }
}

/** Returns where a node begins; undefined for a node that is not in the text, such as the missing value of a key. */
export const offsetOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0];
