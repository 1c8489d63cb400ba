/** A project that holds only the repository's build scripts, with a wheel of its own and a self-test that the test chooses. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { REPOSITORY } from './repository.ts';

export const THIS_PLATFORM = `${process.platform}-${process.arch}`;

const BIOME = ['npm/biome/package.json', 'npm/biome/package-lock.json'];
const LOAD = 'dist/kinds/kafka/librdkafka/native/load.js';

/** Lets a process believe that its C library is musl. */
export const MUSL: Readonly<Record<string, string>> = {
  NODE_OPTIONS: `--require ${join(REPOSITORY, 'test/fixtures/musl.cjs')}`,
};

export interface Ended {
  /** Exit code, or the signal. */
  readonly code: number | string;
  readonly stderr: string;
}

export interface ScratchProject {
  readonly root: string;
  /** The folder of the platform package. */
  readonly made: string;
  /** The link in node_modules. */
  readonly link: string;
  /** Replaces outspool's own code that the self-test loads. `body` is the body of `loadNative`. */
  selfTest(body: string): void;
  /** Runs a script of `scripts/`. */
  run(script: string, args?: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Runs `main.mjs` of librdkafka on the project's own wheel. */
  librdkafka(...args: readonly string[]): Promise<Ended>;
}

/** Makes the project in the empty folder `root`. Its wheel holds the file `library`. */
export function scratchProject(root: string, library: string): ScratchProject {
  mkdirSync(join(root, 'src/kinds/kafka'), { recursive: true });
  symlinkSync(join(REPOSITORY, 'src/kinds/kafka/librdkafka'), join(root, 'src/kinds/kafka/librdkafka'));
  for (const name of ['package.json', 'scripts', 'npm/LICENSES-librdkafka.txt', ...BIOME])
    cpSync(join(REPOSITORY, name), join(root, name), { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  const version = writeWheel(root, library);
  const write = (name: string, content: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  };
  const selfTest = (body: string) => write(LOAD, `export function loadNative() { ${body} }\n`);
  selfTest(`return { rdkafka: { versionText: () => '${version}' } };`);
  const run: ScratchProject['run'] = (script, args = [], env = {}) =>
    ended([join(root, 'scripts', script), ...args], { ...process.env, OUTSPOOL_LIBRDKAFKA: '', ...env });
  return {
    root,
    made: join(root, 'npm', `librdkafka-${THIS_PLATFORM}`),
    link: join(root, 'node_modules/@outspool', `librdkafka-${THIS_PLATFORM}`),
    selfTest,
    run,
    librdkafka: (...args) => run('librdkafka/main.mjs', ['--wheels', join(root, 'wheels'), ...args]),
  };
}

function ended(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error, _stdout, stderr) =>
      resolve({ code: error?.code ?? error?.signal ?? 0, stderr }),
    );
  });
}

/** Writes the wheel and the lock file that names it, and returns the version of librdkafka that the lock file promises. */
function writeWheel(root: string, library: string): string {
  const lock = JSON.parse(readFileSync(join(REPOSITORY, 'npm/librdkafka.lock.json'), 'utf8'));
  const name = `confluent_kafka.libs/${basename(library)}`;
  const wheel = storedZip(name, readFileSync(library));
  const sha256 = createHash('sha256').update(wheel).digest('hex');
  const entry = { file: 'scratch.whl', library: name, size: wheel.length, sha256 };
  lock.wheels[THIS_PLATFORM] = { ...lock.wheels[THIS_PLATFORM], ...entry };
  writeFileSync(join(root, 'npm/librdkafka.lock.json'), JSON.stringify(lock));
  mkdirSync(join(root, 'wheels'));
  writeFileSync(join(root, 'wheels/scratch.whl'), wheel);
  return lock.librdkafka;
}

/** Returns a zip archive of one file, which is not compressed. */
function storedZip(name: string, content: Buffer): Buffer {
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt32LE(crc32(content), 16);
  entry.writeUInt32LE(content.length, 20);
  entry.writeUInt32LE(content.length, 24);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(local.length + name.length + content.length, 16);
  const bytes = Buffer.from(name, 'latin1');
  return Buffer.concat([local, bytes, content, entry, bytes, end]);
}
