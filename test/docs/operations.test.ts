/** docs/operations.md quotes log lines as the sources write them, and docs/api.md has every error. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as outspool from '../../src/index.ts';
import { REPOSITORY } from '../support/repository.ts';

const page = (name: string) => readFileSync(join(REPOSITORY, 'docs', name), 'utf8');

/** Fragments that are shorter would be found anywhere. */
const SHORTEST = 6;

function sources(): string {
  const files = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(REPOSITORY, 'src', name), 'utf8'))
    .join('\n');
}

/** What is in the parentheses of a call whose arguments begin at `from`. */
function argumentsFrom(text: string, from: number): string {
  let depth = 1;
  let quote: string | undefined;
  for (let at = from; at < text.length; at++) {
    const char = text[at] as string;
    if (char === '\\') at++;
    else if (quote !== undefined) quote = char === quote ? undefined : quote;
    else if (`'"\``.includes(char)) quote = char;
    else if ('({['.includes(char)) depth++;
    else if (')}]'.includes(char) && --depth === 0) return text.slice(from, at);
  }
  return '';
}

/** Calls that log at `warn` or `error`: `logger.warn(`, `log('warn',`, `#write('error',`. */
const LOGS = /(?:\.(?:warn|error)\(|(?:log|write|step)\((?=\s*'(?:warn|error)',)|#step\()/g;
const LITERAL = /'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g;

/** The constant texts of all log lines at `warn` or `error`, in the parts that `${…}` leaves. */
function loggedTexts(): string[] {
  const files = readdirSync(join(REPOSITORY, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts') && !name.startsWith('cli/') && !name.startsWith('testing/'))
    .flatMap((name) => {
      const text = readFileSync(join(REPOSITORY, 'src', name), 'utf8');
      return [...text.matchAll(LOGS)].flatMap(({ 0: call, index }) => {
        const literals = [...argumentsFrom(text, index + call.length).matchAll(LITERAL)].map(
          ([, one, other]) => one ?? other ?? '',
        );
        return literals.filter((literal) => / /.test(literal.replace(/\$\{[^}]*\}/g, '').trim())).slice(-1);
      });
    });
}

describe('docs/operations.md', () => {
  it('has every line that the sources write at warn or error', () => {
    const [, tables = ''] = page('operations.md').split('\n## Log lines of each message\n');
    const logged = loggedTexts();
    expect(logged.length).to.be.above(40);
    const missing = logged.filter((text) => {
      const parts = text.split(/\$\{[^}]*\}/).map((part) => part.trim());
      return !parts.every((part) => part.length < SHORTEST || tables.includes(part));
    });
    expect(missing).to.deep.equal([]);
  });

  it('quotes log lines as the sources have them', () => {
    const [, tables = ''] = page('operations.md').split('\n## Log lines and what to do\n');
    const quoted = [...tables.matchAll(/^\| (`.+?`) \| (?:info|warn|error) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(.+?)`/g)].map(([, text = '']) => text),
    );
    expect(quoted.length).to.be.above(25);
    const text = sources();
    for (const line of quoted)
      for (const part of line.split('…').map((fragment) => fragment.trim()))
        if (part.length >= SHORTEST) expect(text.includes(part), line).to.equal(true);
  });
});

describe('docs/api.md', () => {
  it('has every error class with its code', () => {
    const isError = (value: unknown) => Object.prototype.isPrototypeOf.call(outspool.OutspoolError, value as object);
    const classes = Object.entries(outspool).filter(([, value]) => isError(value));
    expect(classes.length).to.be.above(15);
    const rows = page('api.md').matchAll(/^\| `(ERR_OUTSPOOL_\w+)` \| `(\w+)` \|/gm);
    const codes = new Map([...rows].map(([, code, name]) => [name, code]));
    expect([...codes.keys()].sort()).to.deep.equal(classes.map(([name]) => name).sort());
    for (const [name, Class] of classes) {
      const made = Reflect.construct(Class as new (message: string) => { code: string }, ['m', 'ENOSPC', []]);
      expect(codes.get(name), name).to.equal(made.code);
    }
  });
});
