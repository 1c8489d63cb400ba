/** Lets calls fail that read files or look at them, as a bad disk or a full table of open files does. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import sinon from 'sinon';

export interface Failing {
  /** Which call is the first to fail, from 0. @default none */
  readonly from?: number;
  /** How many fail. @default all that follow */
  readonly times?: number;
  /** Only such calls count, as `places` has them. @default all */
  readonly at?: string;
  readonly code?: string;
}

export interface FailingReads {
  /** How many such calls there were. */
  readonly calls: number;
  /** Which they were: call, file and where in it. */
  readonly places: readonly string[];
  restore(): void;
}

const CALLS = ['openSync', 'fstatSync', 'statSync', 'readSync', 'readdirSync'] as const;

/** A call that opens a file to write to it is none of these, nor one that opens the spool's parent to sync it. */
const isRead = (name: (typeof CALLS)[number], args: unknown[]): boolean =>
  name !== 'openSync' || (isToRead(args[1]) && args[0] !== tmpdir());

export const isToRead = (flags: unknown): boolean =>
  flags === 'r' || (typeof flags === 'number' && (flags & WRITES) === 0);

const WRITES = fs.constants.O_WRONLY | fs.constants.O_RDWR;

/** The spool itself is `.`, since each test has one of another name. */
const nameOf = (path: string): string => (dirname(path) === tmpdir() ? '.' : basename(path));

export function failReads({ from = Infinity, times = Infinity, at, code = 'EIO' }: Failing): FailingReads {
  const places: string[] = [];
  const names = new Map<unknown, string>();
  /** Descriptors to write with: a look at one belongs to its opening. */
  const written = new Set<unknown>();
  let calls = 0;
  const stubs = CALLS.map((name) => {
    const real = fs[name] as (...args: unknown[]) => unknown;
    return sinon.stub(fs, name).callsFake(((...args: unknown[]) => {
      const file = names.get(args[0]) ?? nameOf(String(args[0]));
      const place = `${name} ${file} ${name === 'readSync' ? args[4] : ''}`;
      if (isRead(name, args) && !(name === 'fstatSync' && written.has(args[0])) && (at ?? place) === place) {
        places.push(place);
        const call = calls++;
        if (call >= from && call < from + times) throw Object.assign(new Error(`${code}: ${name}`), { code });
      }
      const result = real(...args);
      if (name === 'openSync') names.set(result, file);
      if (name === 'openSync') written[isToRead(args[1]) ? 'delete' : 'add'](result);
      return result;
    }) as never);
  });
  return {
    get calls() {
      return calls;
    },
    places,
    restore: () => stubs.forEach((stub) => void stub.restore()),
  };
}
