/** The addresses of a host, as the system's resolver knows them, within a deadline. */

import { execFile } from 'node:child_process';
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { promisify } from 'node:util';

export type Resolve = (host: string, end: number) => Promise<readonly string[]>;

/** On a thread of libuv's pool, which nothing interrupts: for a name that is known to resolve quickly. */
export const resolveHere: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

const SCRIPT = `require('node:dns').lookup(process.argv[1], { all: true }, (error, found) => {
  console.log(JSON.stringify(error ? { code: error.code } : { found: found.map((one) => one.address) }));
});`;

interface Answer {
  readonly code?: string;
  readonly found?: readonly string[];
}

/**
 * In a process of its own, which can be killed: a resolver that hangs would hold up the end of this process for as long
 * as it likes, long after the check was over.
 */
export const resolveApart: Resolve = async (host, end) => {
  if (isIP(host) !== 0 || host === 'localhost') return resolveHere(host, end);
  const timeout = Math.max(Math.ceil(end - performance.now()), 1);
  const options = { timeout, killSignal: 'SIGKILL' } as const;
  const run = promisify(execFile)(process.execPath, ['-e', SCRIPT, host], options).catch(() => undefined);
  const answered = await run;
  if (answered === undefined) throw new Error('no answer');
  const { code, found = [] } = JSON.parse(answered.stdout) as Answer;
  if (code !== undefined) throw Object.assign(new Error(code), { code });
  return found;
};

/**
 * Asks the name servers without a thread, so that nothing is held up by one that hangs. Returns nothing for names that only
 * the system's resolver knows, by a file or a search domain.
 */
export const resolveWithoutThread: Resolve = async (host, end) => {
  if (isIP(host) !== 0 || host === 'localhost') return resolveHere(host, end);
  const resolver = new Resolver();
  const deadline = setTimeout(() => resolver.cancel(), Math.max(end - performance.now(), 1));
  const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  clearTimeout(deadline);
  return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
};
