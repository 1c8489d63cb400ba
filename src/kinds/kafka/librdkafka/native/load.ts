/** Loads librdkafka: once, pinned, and proven to be what we think it is. */

import { endianness } from 'node:os';
import { OutspoolError } from '../../../../shared/errors.ts';
import { type Koffi, loadKoffi } from '../../../../shared/util/koffi.ts';
import { nativeSection } from '../../../../shared/util/native-section.ts';
import { ThrottleEvents } from '../send/throttle-events.ts';
import { computeLayouts } from './abi.ts';
import { bindLibC, bindLibrdkafka, type LibC, type Pointer } from './functions.ts';
import { locateLibrary } from './locate.ts';
import type { Native } from './native.ts';
import { selfTest } from './self-test.ts';
import { bindOffsets, bindTransactions } from './transaction-functions.ts';

/** Older ones lack parts of the interface; the struct layouts are the same in all of 2.x. */
const OLDEST_VERSION = 0x02_00_00_ff;

/** What a thread binds, it binds once: callbacks are few, and are never given back. */
let bound: Native | undefined;
/** Whether what is bound has passed the test, which fails where the system has no thread left for a client. */
let isProven = false;

/** Who needs the library, and what does without it. */
export interface NativeUser {
  readonly user: string;
  readonly instead?: string;
}

const DRIVER: NativeUser = { user: 'the Kafka driver', instead: ", or use the driver 'node-rdkafka'" };

/** The library for this thread. @throws OutspoolError that says what is missing or wrong */
export function loadNative(libraryPath?: string, user: NativeUser = DRIVER): Native {
  if (bound !== undefined) sameLibrary(bound, libraryPath);
  if (bound !== undefined && isProven) return bound;
  return nativeSection(() => load(libraryPath, user));
}

function load(libraryPath: string | undefined, { user, instead }: NativeUser): Native {
  refuseMachine();
  bound ??= bind(loadKoffi(user, instead), locateLibrary(libraryPath));
  refuseOldVersion(bound);
  selfTest(bound);
  isProven = true;
  return bound;
}

/** Only one librdkafka a process (facts: a second one gets mixed up with the first by its SONAME). */
function sameLibrary(native: Native, libraryPath?: string): void {
  if (libraryPath === undefined) return;
  const path = locateLibrary(libraryPath);
  if (path !== native.path) throw new OutspoolError(`this thread already runs ${native.path}, not ${path}`);
}

/** Addresses and lengths are written as two 32-bit words, low word first. */
function refuseMachine(): void {
  const wide = ['x64', 'arm64', 'ppc64', 'riscv64', 'loong64'].includes(process.arch);
  if (!wide || endianness() !== 'LE') throw new OutspoolError(`no native Kafka driver for ${process.arch}`);
  if (process.platform === 'win32') throw new OutspoolError('no native Kafka driver for Windows');
}

function bind(koffi: Koffi, path: string): Native {
  const libc = bindLibC(koffi.load(null));
  const handle = pin(libc, path);
  const library = koffi.load(path);
  return {
    ...computeLayouts(koffi),
    koffi,
    libc,
    rdkafka: bindLibrdkafka(library),
    transactions: bindTransactions(library),
    offsets: bindOffsets(library),
    path,
    destroyAddress: libc.dlsym(handle, 'rd_kafka_destroy'),
    throttles: new ThrottleEvents(koffi), // last: what is after it and fails would have it made twice
  };
}

const WAYS =
  'install the package of the system (Debian, Ubuntu: apt-get install librdkafka1; macOS: brew install librdkafka), name a library in ' +
  'OUTSPOOL_LIBRDKAFKA, or npm install node-rdkafka, which compiles one (with g++, make and python3)';

const RTLD_NOW = 2;
const RTLD_NODELETE = process.platform === 'darwin' ? 0x80 : 0x1000;

/**
 * koffi closes a library when the last JavaScript environment that uses it ends. If that is a worker, librdkafka's own
 * threads would go on running in code that is no longer mapped, so the library is opened once more, for good.
 */
function pin(libc: LibC, path: string): Pointer {
  const handle = libc.dlopen(path, RTLD_NOW | RTLD_NODELETE);
  if (handle === 0) {
    throw new OutspoolError(
      `type kafka needs librdkafka, which is not at ${path} (${libc.dlerror() ?? 'no reason'}): ${WAYS}`,
    );
  }
  return handle;
}

function refuseOldVersion({ rdkafka, path }: Native): void {
  if (rdkafka.version() >= OLDEST_VERSION) return;
  throw new OutspoolError(`librdkafka ${rdkafka.versionText()} at ${path} is too old: 2.0.0 or newer is needed`);
}

const PASSING_CODES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EIO']);
const PASSING_TEXT = /Too many open files|Cannot allocate memory|Resource temporarily unavailable|Input\/output error/i;

/** Whether what `loadNative` threw says nothing of this machine for good: it was out of descriptors or memory. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    PASSING_CODES.has((error as NodeJS.ErrnoException).code) || PASSING_TEXT.test(error.message) || mayPass(error.cause)
  );
}
