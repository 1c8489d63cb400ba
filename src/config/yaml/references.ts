/** Resolves references inside scalars: `${NAME}`, `${NAME:-default}` and `${file:path}`; `$${` is a literal `${`. */

import { resolve } from 'node:path';
import { readGivenNow } from '../../shared/files/pipe-reads.ts';
import { PATH_TEXTS, refusalOf } from '../../shared/util/errno-text.ts';

/** The sources of the values of references. */
export interface Sources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly baseDir: string;
  /** Contents of the files read, by path. A pipe of the shell can be read only once, and the reader may read a value twice. */
  readonly files?: Map<string, string>;
}

export interface ReferencedText {
  /** The reference in a form that a message may show. */
  readonly reference: string;
  readonly text: string;
  /** Whether the value comes from the environment or from a file. A default is written next to the reference. */
  readonly isGiven: boolean;
}

export interface Resolved {
  readonly text: string;
  /** The references in a form that a message may show, without the default, which may be a secret. */
  readonly references: readonly string[];
  readonly values: readonly ReferencedText[];
  /** Whether a reference has a default that is not empty. */
  readonly hasDefault: boolean;
  readonly problems: readonly string[];
}

const REFERENCE = /\$\$\{|\$\{([^}]*)(\}?)/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;
const FILE = /^file:([\s\S]+)$/;

const FORMS = `\${NAME}, \${NAME:-default} or \${file:path}`;

/** Maximum size in bytes of a referenced file. A secret is short, so a larger file was named by mistake. */
const MAX_FILE_BYTES = 1 << 20;
/** Maximum length of the values of one text's references together, in characters. A short text can name a file many times. */
const MAX_CHARACTERS = 1 << 20;

/** The value of one reference, or the reason why it has none. */
type Outcome =
  | { readonly shown: string; readonly value: string; readonly given?: string; readonly fallback?: string | undefined }
  | { readonly problem: string };

/** Replaces every reference in a text by its value. */
export function resolveReferences(source: string, sources: Sources): Resolved {
  const found: Outcome[] = [];
  let characters = 0;
  const text = source.replace(REFERENCE, (whole: string, inner?: string, end?: string) => {
    if (inner === undefined) return whole.slice(1);
    const outcome = end === '' ? notAReference() : lookUp(inner, sources);
    found.push(outcome);
    if ('problem' in outcome) return '';
    characters += outcome.value.length;
    return characters > MAX_CHARACTERS ? '' : outcome.value;
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
    problems: [
      ...found.flatMap((outcome) => ('problem' in outcome ? [outcome.problem] : [])),
      ...(characters > MAX_CHARACTERS ? ['the references have more than 1 MiB of text together'] : []),
    ],
  };
}

/** Reports a text that is no reference, without repeating it, because it may be a secret that happens to contain a dollar sign. */
const notAReference = (): Outcome => ({ problem: `not a reference: write ${FORMS}, or $\${ for a literal \${` });

function lookUp(inner: string, sources: Sources): Outcome {
  const path = FILE.exec(inner)?.[1];
  if (path !== undefined) return fromFile(path, sources);
  const [, name, fallback] = VARIABLE.exec(inner) ?? [];
  return name === undefined ? notAReference() : fromVariable(name, fallback, sources.env);
}

/** Looks up a variable. As in a shell, a default replaces an empty variable too. */
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
  ...PATH_TEXTS,
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read (permission denied)',
  EPERM: 'may not be read (permission denied)',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
};

export function reason(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  const code = String((error as { code?: unknown }).code);
  return refusalOf(error) ?? REASONS[code] ?? `cannot be read (${code})`;
}
