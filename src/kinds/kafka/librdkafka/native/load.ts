/** Loads librdkafka once, pins it, and proves that it is laid out as expected. */

import { endianness } from 'node:os';
import { OutspoolError } from '../../../../shared/errors.ts';
import { type Koffi, loadKoffi } from '../../../../shared/util/koffi.ts';
import { nativeSection } from '../../../../shared/util/native-section.ts';
import { ThrottleEvents } from '../send/throttle-events.ts';
import { computeLayouts } from './abi.ts';
import { bindLibC, bindLibrdkafka, type LibC, type Pointer } from './functions.ts';
import { HAS_PREBUILT, type LocatedLibrary, locateLibrary, PLATFORM_PACKAGE } from './locate.ts';
import type { Native } from './native.ts';
import { selfTest } from './self-test.ts';
import { bindOffsets, bindTransactions } from './transaction-functions.ts';

/** The oldest accepted version. Older ones lack parts of the interface. The struct layouts are the same in all of 2.x. */
const OLDEST_VERSION = 0x02_00_00_ff;

/** The library, bound once in each thread, because callbacks are few and are never released. */
let bound: Native | undefined;
/** Whether the bound library has passed the self-test. The test fails where the system has no thread left for a client. */
let isProven = false;

/** What needs the library, and the alternative that does without it. */
export interface NativeUser {
  readonly user: string;
  readonly instead?: string;
}

const DRIVER: NativeUser = { user: 'the Kafka driver', instead: ", or use the driver 'node-rdkafka'" };

/** Returns the library for this thread. @throws OutspoolError that names the missing or wrong part */
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

/** Refuses another librdkafka than the loaded one, because the linker confuses two by their SONAME (docs/DESIGN.md). */
function sameLibrary(native: Native, libraryPath?: string): void {
  if (libraryPath === undefined) return;
  const { path } = locateLibrary(libraryPath);
  if (path !== native.path) throw new OutspoolError(`this thread already runs ${native.path}, not ${path}`);
}

/** Refuses other machines, because addresses and lengths are written as two 32-bit words, low word first. */
function refuseMachine(): void {
  const wide = ['x64', 'arm64', 'ppc64', 'riscv64', 'loong64'].includes(process.arch);
  if (!wide || endianness() !== 'LE') throw new OutspoolError(`no native Kafka driver for ${process.arch}`);
  if (process.platform === 'win32') throw new OutspoolError('no native Kafka driver for Windows');
}

function bind(koffi: Koffi, { path, source }: LocatedLibrary): Native {
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
    source,
    destroyAddress: libc.dlsym(handle, 'rd_kafka_destroy'),
    throttles: new ThrottleEvents(koffi), // last: if a later step failed, the next try would register the callback twice
  };
}

const WAYS =
  `install ${HAS_PREBUILT ? `the platform package (npm install ${PLATFORM_PACKAGE}), or ` : ''}the package of the system (2.0 or later; Debian, ` +
  'Ubuntu: apt-get install librdkafka1; Alpine: apk add librdkafka; macOS: brew install librdkafka) and name its file in ' +
  'OUTSPOOL_LIBRDKAFKA, or npm install node-rdkafka, which compiles one (with g++, make and python3)';

const RTLD_NOW = 2;
const RTLD_NODELETE = process.platform === 'darwin' ? 0x80 : 0x1000;

/**
 * Opens the library once more, for good. koffi closes a library when the last JavaScript environment that uses it ends. If that
 * is a worker, librdkafka's own threads would go on running in code that is no longer mapped.
 */
function pin(libc: LibC, path: string): Pointer {
  const handle = libc.dlopen(path, RTLD_NOW | RTLD_NODELETE);
  if (handle === 0) {
    const reason = libc.dlerror() ?? 'no reason';
    const named = process.env.OUTSPOOL_LIBRDKAFKA ? 'correct or unset OUTSPOOL_LIBRDKAFKA, which names it; or ' : '';
    throw new OutspoolError(`type kafka needs librdkafka, and ${path} cannot be loaded (${reason}): ${named}${WAYS}`);
  }
  return handle;
}

function refuseOldVersion({ rdkafka, path }: Native): void {
  if (rdkafka.version() >= OLDEST_VERSION) return;
  throw new OutspoolError(`librdkafka ${rdkafka.versionText()} at ${path} is too old: 2.0.0 or newer is needed`);
}

const PASSING_CODES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EIO']);
const PASSING_TEXT = /Too many open files|Cannot allocate memory|Resource temporarily unavailable|Input\/output error/i;

/** Whether the error that `loadNative` threw is transient, because the process was out of descriptors or memory. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    PASSING_CODES.has((error as NodeJS.ErrnoException).code) || PASSING_TEXT.test(error.message) || mayPass(error.cause)
  );
}
