/** Lets calls fail that read files or look at them, as a bad disk or a full table of open files does. */

import fs from 'node:fs';
import sinon from 'sinon';

export interface Failing {
  /** Which call is the first to fail, from 0. @default none */
  readonly from?: number;
  /** How many fail. @default all that follow */
  readonly times?: number;
  readonly code?: string;
}

export interface FailingReads {
  /** How many such calls there were. */
  readonly calls: number;
  restore(): void;
}

const CALLS = ['openSync', 'fstatSync', 'statSync', 'readSync', 'readdirSync'] as const;

/** A call that opens a file to write to it is none of these. */
const isRead = (name: (typeof CALLS)[number], args: unknown[]): boolean => name !== 'openSync' || args[1] === 'r';

export function failReads({ from = Infinity, times = Infinity, code = 'EIO' }: Failing): FailingReads {
  let calls = 0;
  const stubs = CALLS.map((name) => {
    const real = fs[name] as (...args: unknown[]) => unknown;
    return sinon.stub(fs, name).callsFake(((...args: unknown[]) => {
      if (!isRead(name, args)) return real(...args);
      const call = calls++;
      if (call >= from && call < from + times) throw Object.assign(new Error(`${code}: ${name}`), { code });
      return real(...args);
    }) as never);
  });
  return {
    get calls() {
      return calls;
    },
    restore: () => stubs.forEach((stub) => void stub.restore()),
  };
}
