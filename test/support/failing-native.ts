/** librdkafka with one call that fails: what was made before it must be given back. */

import type { Native } from '../../src/kinds/kafka/librdkafka/native/native.ts';

type Call = ((...args: unknown[]) => unknown) & { async?: unknown };

/** Calls that give something back. They do not fail: there is nothing that could be done about it. */
const GIVES_BACK = /destroy|close|free|detach|pthread/i;

export interface FailingNative {
  readonly native: Native;
  /** The name of the call that failed, once it has. */
  failed(): string | undefined;
  /** No call fails any more. */
  disarm(): void;
}

/** The call with this number, counted from 0, throws; all others are made. */
export function failingNative(real: Native, failing: number): FailingNative {
  let count = 0;
  let failed: string | undefined;
  let armed = true;
  const counted = (name: string, call: Call): Call => {
    if (GIVES_BACK.test(name)) return call;
    const wrapped = (...args: unknown[]) => {
      if (armed && count++ === failing) {
        failed = name;
        throw new Error(`${name} fails`);
      }
      return call(...args);
    };
    return Object.assign(wrapped, { async: call.async });
  };
  const table = <T extends object>(calls: T): T =>
    Object.fromEntries(
      Object.entries(calls).map(([name, call]) => [name, typeof call === 'function' ? counted(name, call) : call]),
    ) as T;
  const { koffi } = real;
  const load = (path: string | null) => {
    const library = koffi.load(path);
    return { func: (name: string, ...rest: [string, string[]]) => counted(name, library.func(name, ...rest)) };
  };
  const native = {
    ...real,
    rdkafka: table(real.rdkafka),
    libc: table(real.libc),
    koffi: { ...koffi, address: counted('address', koffi.address as Call), load },
  } as unknown as Native;
  return {
    native,
    failed: () => failed,
    disarm: () => {
      armed = false;
    },
  };
}

/** librdkafka with some calls replaced; `calls` notes the names of all, in order, with their arguments. */
export function scriptedNative(real: Native, replaced: Readonly<Record<string, (...args: never[]) => unknown>> = {}) {
  const calls: [name: string, ...args: unknown[]][] = [];
  const noted = <T extends object>(functions: T): T =>
    Object.fromEntries(
      Object.entries(functions).map(([name, call]) => [
        name,
        (...args: never[]) => {
          calls.push([name, ...args]);
          return (replaced[name] ?? (call as (...args: never[]) => unknown))(...args);
        },
      ]),
    ) as T;
  return { native: { ...real, rdkafka: noted(real.rdkafka), libc: noted(real.libc) } as Native, calls };
}
