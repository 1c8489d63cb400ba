/** Resolves a host to the addresses of which librdkafka would use one. Two of the three ways keep to a deadline. */

import { execFile } from 'node:child_process';
import { ADDRCONFIG } from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { promisify } from 'node:util';

/** Address family, as `isIP` and `dns.lookup` name it; 0 stands for both. */
export type Family = 0 | 4 | 6;

export type Resolve = (host: string, end: number, family?: Family) => Promise<readonly string[]>;

/** Resolver options of librdkafka: only families for which this machine has an address. */
const asked = (family: Family) => ({ all: true, family, hints: ADDRCONFIG }) as const;

/** Keeps the addresses of the wanted family. A literal address ignores what was asked for. @throws Error when none is left */
function ofFamily(addresses: readonly string[], family: Family): readonly string[] {
  const found = addresses.filter((address) => family === 0 || isIP(address) === family);
  if (found.length === 0) throw Object.assign(new Error('no address of this kind'), { code: 'ENOTFOUND' });
  return found;
}

/** Resolves on a thread of libuv's pool, which cannot be interrupted. Only for names that are known to resolve quickly. */
export const resolveHere: Resolve = async (host, _end, family = 0) => {
  const found = await lookup(host, asked(family));
  return ofFamily(
    found.map(({ address }) => address),
    family,
  );
};

const SCRIPT = `require('node:dns').lookup(process.argv[1], JSON.parse(process.argv[2]), (error, found) => {
  console.log(JSON.stringify(error ? { code: error.code } : { found: found.map((one) => one.address) }));
});`;

interface Answer {
  readonly code?: string;
  readonly found?: readonly string[];
}

/** Resolves in a child process, which can be killed. A resolver that hangs would keep this process from exiting. */
export const resolveApart: Resolve = async (host, end, family = 0) => {
  if (isIP(host) !== 0 || host === 'localhost') return resolveHere(host, end, family);
  const timeout = Math.max(Math.ceil(end - performance.now()), 1);
  const options = { timeout, killSignal: 'SIGKILL' } as const;
  const args = ['-e', SCRIPT, host, JSON.stringify(asked(family))];
  const run = promisify(execFile)(process.execPath, args, options).catch(() => undefined);
  const answered = await run;
  if (answered === undefined) throw new Error('no answer');
  const { code, found = [] } = JSON.parse(answered.stdout) as Answer;
  if (code !== undefined) throw Object.assign(new Error(code), { code });
  return found;
};

/** Asks the name servers without a thread, so that none can block it. Fails for names of the hosts file and search domains. */
export const resolveWithoutThread: Resolve = async (host, end, family = 0) => {
  if (isIP(host) !== 0 || host === 'localhost') return resolveHere(host, end, family);
  const resolver = new Resolver();
  const deadline = setTimeout(() => resolver.cancel(), Math.max(end - performance.now(), 1));
  const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  clearTimeout(deadline);
  return ofFamily(
    found.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])),
    family,
  );
};
