/** Builds the library that makes one name resolve slowly, and says how a child process uses it. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('slow-dns.c', import.meta.url));

/** The environment for a child process in which `name` takes `ms` to resolve, to 127.0.0.1. */
export function slowDns(name: string, ms: number): NodeJS.ProcessEnv {
  const library = join(mkdtempSync(join(tmpdir(), 'outspool-dns-')), 'slow-dns.so');
  execFileSync('g++', ['-x', 'c', '-shared', '-fPIC', '-o', library, source, '-ldl']);
  return { ...process.env, LD_PRELOAD: library, SLOW_DNS_NAME: name, SLOW_DNS_MS: String(ms) };
}
