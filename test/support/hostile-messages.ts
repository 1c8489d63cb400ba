/** Bytes in every form that a caller can give, with what may arrive of them, and what a caller can do to them meanwhile. */

import vm from 'node:vm';
import fc from 'fast-check';

/** A part of a message; `bytes` is what may arrive, undefined where the message must be refused. */
export interface Hostile {
  readonly what: string;
  readonly part: unknown;
  readonly bytes: Buffer | undefined;
}

export const detached = (bytes: Uint8Array = Uint8Array.of(1, 2, 3)): Uint8Array => {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
  return bytes;
};

type Resizable = ArrayBuffer & { resize(size: number): void };
export const resizable = (size: number, most: number): Resizable =>
  new (ArrayBuffer as unknown as new (size: number, options: object) => Resizable)(size, { maxByteLength: most });

export const growable = (size: number, most: number): SharedArrayBuffer & { grow(size: number): void } =>
  new (
    SharedArrayBuffer as unknown as new (
      size: number,
      options: object,
    ) => SharedArrayBuffer & {
      grow(size: number): void;
    }
  )(size, { maxByteLength: most });

/** Says that it is shorter, longer, or something else than it is. */
class Liar extends Uint8Array {
  override get length(): number {
    return 1;
  }
  override get byteLength(): number {
    return 100_000;
  }
  override get buffer(): ArrayBuffer {
    return new ArrayBuffer(1);
  }
  override get byteOffset(): number {
    return 77;
  }
}

/** A view of memory that was cut off under it. */
function cutOff(): Uint8Array {
  const memory = resizable(16, 32);
  const view = new Uint8Array(memory, 8, 4);
  memory.resize(4);
  return view;
}

function ownField(): Uint8Array {
  const bytes = Uint8Array.of(5, 6, 7);
  for (const name of ['length', 'byteLength']) Object.defineProperty(bytes, name, { value: 2 ** 31 });
  return bytes;
}

let large: Buffer | undefined;

/** Made once; the system has no memory behind it, because nothing was ever written. */
export function twoGib(): Buffer {
  large ??= Buffer.alloc(2 ** 31);
  return large;
}

/** Bytes in every form; in the hands of `make` anew for each message, because some are used up. */
const BYTES: ReadonlyArray<readonly [string, () => Uint8Array, number[] | undefined]> = [
  ['plain', () => Uint8Array.of(1, 2), [1, 2]],
  ['empty', () => new Uint8Array(), []],
  ['a Buffer', () => Buffer.from([3]), [3]],
  ['detached', () => detached(), undefined],
  ['a detached Buffer', () => detached(new Uint8Array(Buffer.alloc(5000).buffer)), undefined],
  ['cut off', cutOff, undefined],
  ['resized', () => new Uint8Array(resizable(3, 9)).fill(4), [4, 4, 4]],
  ['growable and shared', () => new Uint8Array(growable(2, 9)).fill(8), [8, 8]],
  ['shared', () => new Uint8Array(new SharedArrayBuffer(2)).fill(9), [9, 9]],
  ['a lying subclass', () => Liar.from([6, 6, 6]), [6, 6, 6]],
  ['lying fields of its own', ownField, [5, 6, 7]],
  ['of another realm', () => vm.runInNewContext('Uint8Array.of(1, 9)') as Uint8Array, [1, 9]],
  ['a Proxy', () => new Proxy(Uint8Array.of(1), {}), undefined],
  ['an object that looks like it', () => Object.create(Uint8Array.prototype) as Uint8Array, undefined],
  ['2 GiB', twoGib, undefined],
];

export const hostileBytes: fc.Arbitrary<Hostile> = fc
  .constantFrom(...BYTES)
  .map(([what, make, bytes]) => ({ what, part: make(), bytes: bytes && Buffer.from(bytes) }));

/** Changes the memory of bytes that were given; a no-op where they have none of their own. */
export type Tamper = (bytes: unknown) => void;

export const TAMPERS: Readonly<Record<string, Tamper>> = {
  nothing: () => {},
  detach: (bytes) => {
    if (bytes instanceof Uint8Array && Object.getPrototypeOf(bytes) === Uint8Array.prototype && isPlainMemory(bytes))
      detached(bytes);
  },
  resize: (bytes) => {
    const { buffer } = Object(bytes) as { buffer?: { resizable?: boolean; resize(size: number): void } };
    if (buffer?.resizable === true) buffer.resize(1);
  },
  grow: (bytes) => {
    const { buffer } = Object(bytes) as { buffer?: { growable?: boolean; grow(size: number): void } };
    if (buffer?.growable === true) buffer.grow(9);
  },
};

function isPlainMemory({ buffer }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && (buffer as { resizable?: boolean }).resizable !== true;
}
