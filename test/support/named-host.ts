/** A name whose address changes when a test says so, for child processes: those of Node and librdkafka, and Java's. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('named-host.c', import.meta.url));

export class NamedHost {
  readonly name: string;
  /** For the child processes. */
  readonly env: Readonly<Record<string, string>>;
  readonly #file: string;

  /** Linux with g++: the system's look-up is replaced by a library that is loaded before it. */
  constructor(name: string, address: string) {
    const directory = mkdtempSync(join(tmpdir(), 'outspool-host-'));
    const library = join(directory, 'named-host.so');
    this.name = name;
    this.#file = join(directory, 'hosts');
    execFileSync('g++', ['-x', 'c', '-shared', '-fPIC', '-o', library, source, '-ldl']);
    this.env = {
      LD_PRELOAD: library,
      NAMED_HOST: name,
      NAMED_HOST_FILE: this.#file,
      JDK_JAVA_OPTIONS: `-Djdk.net.hosts.file=${this.#file}`,
    };
    this.moveTo(address);
  }

  moveTo(address: string): void {
    writeFileSync(this.#file, `${address} ${this.name}\n`);
  }
}
