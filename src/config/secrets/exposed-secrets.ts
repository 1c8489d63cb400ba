/** Warns of secrets that are written out in a file that other users of the machine can read. */

import { stat } from 'node:fs/promises';
import { pathText } from '../report/redact.ts';
import type { Source } from '../yaml/document.ts';
import type { LiteralSecret } from './given-secrets.ts';

/** Mode bits that let the group and others read a file. */
const READABLE = 0o044;

/** Returns one warning, at the first secret; none where only the owner can read the file, or the system has no modes. */
export async function exposedSecrets(source: Source, literal: readonly LiteralSecret[]): Promise<string[]> {
  const [first, ...more] = literal;
  const mode = first === undefined ? undefined : await modeOf(source.file);
  if (first === undefined || mode === undefined || (mode & READABLE) === 0) return [];
  const { line, column } = source.at(first.offset);
  const count = more.length === 0 ? '' : ` (and ${more.length} more)`;
  const what = `${pathText(first.path)} is a secret in a file that other users can read (mode ${mode.toString(8).padStart(4, '0')})${count}`;
  return [
    `${source.file}:${line}:${column}: ${what}: chmod 600 ${source.file}, or write \${file:PATH} or \${VARIABLE} instead`,
  ];
}

/** Undefined for a pipe, which has no other reader, and for a file that was removed since it was read. */
async function modeOf(file: string): Promise<number | undefined> {
  if (process.platform === 'win32') return undefined;
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? found.mode & 0o777 : undefined;
}
