/** References inside scalars: `${NAME}`, `${NAME:-default}` and `${file:path}`; `$${` is a literal `${`. */

import { resolve } from 'node:path';
import { readGivenNow } from '../../shared/files/pipe-reads.ts';

/** Where references are looked up. */
export interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that paths are relative to. */
  readonly baseDir: string;
  /** What has been read of files, by their paths. A pipe of the shell can be read once, and a value may be looked at twice. */
  readonly files?: Map<string, string>;
}

export interface ReferencedText {
  /** As a message may show it. */
  readonly reference: string;
  readonly text: string;
  /** Whether the environment or a file gave it; a default is written where the reference is. */
  readonly isGiven: boolean;
}

export interface Resolved {
  readonly text: string;
  /** The references as a message may show them: without default, which may be a secret. */
  readonly references: readonly string[];
  /** What the references stand for. */
  readonly values: readonly ReferencedText[];
  /** Whether a reference has a default that is not empty. */
  readonly hasDefault: boolean;
  readonly problems: readonly string[];
}

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;
const FILE = /^file:([\s\S]+)$/;

const FORMS = `\${NAME}, \${NAME:-default} or \${file:path}`;

/** A secret in a file is short; whatever is larger was named by mistake. */
const MAX_FILE_BYTES = 1 << 20;

/** What one reference stands for, or why it stands for nothing. */
type Outcome =
  | { readonly shown: string; readonly value: string; readonly given?: string; readonly fallback?: string | undefined }
  | { readonly problem: string };

/** The text with every reference replaced by its value. */
export function resolveReferences(source: string, sources: Sources): Resolved {
  const found: Outcome[] = [];
  const text = source.replace(REFERENCE, (whole: string, inner?: string, end?: string) => {
    if (inner === undefined) return whole.slice(1);
    const outcome = end === '' ? notAReference() : lookUp(inner, sources);
    found.push(outcome);
    return 'problem' in outcome ? '' : outcome.value;
  });
  const good = found.flatMap((outcome) => ('problem' in outcome ? [] : [outcome]));
  return {
    text,
    references: good.map(({ shown }) => shown),
    values: good
      .map((outcome) => ({
        reference: outcome.shown,
        text: outcome.value,
        isGiven: outcome.given !== undefined,
      }))
      .filter(({ text: value }) => value !== ''),
    hasDefault: good.some(({ fallback = '' }) => fallback !== ''),
    problems: found.flatMap((outcome) => ('problem' in outcome ? [outcome.problem] : [])),
  };
}

/** Does not repeat what was written: it may be a secret that happens to contain a dollar sign. */
const notAReference = (): Outcome => ({ problem: `not a reference: write ${FORMS}, or $\${ for a literal \${` });

function lookUp(inner: string, sources: Sources): Outcome {
  const path = FILE.exec(inner)?.[1];
  if (path !== undefined) return fromFile(path, sources);
  const [, name, fallback] = VARIABLE.exec(inner) ?? [];
  return name === undefined ? notAReference() : fromVariable(name, fallback, sources.env);
}

/** As in a shell, a default stands in for an empty variable too. */
function fromVariable(name: string, fallback: string | undefined, env: Sources['env']): Outcome {
  const shown = `\${${name}}`;
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && (value !== '' || fallback === undefined)) return { shown, value, given: value, fallback };
  if (fallback !== undefined) return { shown, value: fallback, fallback };
  return { problem: `${shown}: the environment variable ${name} is not set` };
}

function fromFile(path: string, { baseDir, files }: Sources): Outcome {
  const shown = `\${file:${path}}`;
  const file = resolve(baseDir, path);
  try {
    const value = files?.get(file) ?? readText(file).replace(/\r?\n$/, '');
    files?.set(file, value);
    return { shown, value, given: value };
  } catch (error) {
    return { problem: `${shown}: the file ${reason(error)}` };
  }
}

function readText(path: string): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(readGivenNow(path, MAX_FILE_BYTES));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a directory',
  ENAMETOOLONG: 'has too long a name',
  ENXIO: 'is no regular file', // a socket
  ELOOP: 'is a link that leads round in a circle',
  EACCES: 'may not be read (permission denied)',
  EPERM: 'may not be read (permission denied)',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
};

/** Why a file could not be read, in words. */
export function reason(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  const code = String((error as { code?: unknown }).code);
  return REASONS[code] ?? `cannot be read (${code})`;
}
