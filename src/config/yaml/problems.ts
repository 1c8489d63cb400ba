/** Collects every problem in one file, so that one run shows all of them. */

import { ConfigError, type ConfigIssue } from '../../shared/errors.ts';
import type { Finding } from '../report/findings.ts';
import type { Schema } from '../report/introspect.ts';
import type { Marks, Path } from '../report/positions.ts';
import { pathText } from '../report/redact.ts';
import { withoutMarkedKeys } from '../secrets/secret-mark.ts';
import type { Source } from './document.ts';

interface Checked {
  readonly at: Path;
  readonly marks: Marks;
}

export class Problems {
  readonly #source: Source;
  readonly #issues = new Map<string, Required<ConfigIssue>>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Adds a problem. The same problem, found by a second reading, counts once. */
  add(offset: number, path: Path, message: string): void {
    const issue = { file: this.#source.file, ...this.#source.at(offset), path: pathText(path), message };
    this.#issues.set(JSON.stringify(issue), issue);
  }

  /** Adds the findings of a schema's check of the value at `at`, except those about values that could not be read. */
  addFindings(findings: readonly Finding[], schema: Schema, { at, marks }: Checked): void {
    for (const { path, about, message } of findings) {
      const here = [...at, ...path];
      const shown = [...at, ...withoutMarkedKeys(schema, path)];
      if (!marks.isUnreadable(here)) this.add(marks.offset(here, about), shown, message);
    }
  }

  /** @throws ConfigError with all problems, in the order of the file */
  throwIfAny(): void {
    const issues = [...this.#issues.values()];
    if (issues.length === 0) return;
    throw new ConfigError(issues.sort((a, b) => a.line - b.line || a.column - b.column));
  }
}
