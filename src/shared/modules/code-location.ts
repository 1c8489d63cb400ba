/** Finds where in the user's own code an error has its origin, as far as its stack tells. */

import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pathOf } from './class-file.ts';

/** Names of errors that are bugs in code. They are recognized by name, because an error from another thread has lost its class. */
const BUGS: ReadonlySet<string> = new Set(['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError']);

/** The folder of outspool's own modules. */
const OURS = fileURLToPath(new URL('../../', import.meta.url));

/** V8's frames: `at f (file:///a.mjs:7:23)`, `at async file:///a.mjs:7:23`, `at Object.<anonymous> (/a.cjs:7:23)`. */
const FRAME = /^\s+at (?:.*? \(|async )?((?:file:|\/|[A-Za-z]:\\).*):(\d+):(\d+)\)?$/;
/** The line that Node puts before the stack of most syntax errors in a module. */
const HEADING = /^((?:file:|\/|[A-Za-z]:\\).*):(\d+)$/;
/** The frames after the module loader's are those of the code that imports the module, which is not at fault. */
const LOADER = /\(node:internal\/modules\/esm\//;

/**
 * Returns `file:line:column` of the first stack frame outside outspool, Node and packages, or `file:line` where the stack has no
 * more. The path is relative to the working directory if it is below it. Undefined for an error that is no bug in code, and where
 * the stack does not tell.
 *
 * @throws the errors of the error's getters
 */
export function codeLocation({ name, stack, cause }: Error): string | undefined {
  // A TypeError with a cause is how fetch reports that the network failed.
  if (!BUGS.has(name) || cause !== undefined || typeof stack !== 'string') return undefined;
  const lines = stack.split('\n');
  return (name === 'SyntaxError' ? headingLocation(lines[0] ?? '') : undefined) ?? frameLocation(lines);
}

function headingLocation(line: string): string | undefined {
  const [, file, row] = HEADING.exec(line) ?? [];
  return file === undefined ? undefined : `${shown(pathOf(file))}:${row}`;
}

function frameLocation(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    if (LOADER.test(line)) return undefined;
    const [, file, row, column] = line.includes('eval at ') ? [] : (FRAME.exec(line) ?? []);
    const path = file === undefined ? undefined : pathOf(file);
    if (path !== undefined && isUsers(path)) return `${shown(path)}:${row}:${column}`;
  }
  return undefined;
}

const isUsers = (path: string): boolean => !path.startsWith(OURS) && !path.includes(`${sep}node_modules${sep}`);

function shown(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') || below === '' ? path : below;
}
