/** Reads bytes of the caller by their internal fields, so that overridden fields, proxies and other realms change nothing. */

import { types } from 'node:util';
import { invalid } from './refusal.ts';

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** Returns a reader of an internal field of a typed array. Neither a subclass nor a field of the instance can replace it. */
function intrinsic<T>(name: 'byteLength' | 'byteOffset' | 'buffer'): (bytes: Uint8Array) => T {
  const { get } = Object.getOwnPropertyDescriptor(TYPED_ARRAY, name) as { get(): T };
  return Function.prototype.call.bind(get) as (bytes: Uint8Array) => T;
}

export const byteLengthOf = intrinsic<number>('byteLength');
const byteOffsetOf = intrinsic<number>('byteOffset');
const bufferOf = intrinsic<ArrayBufferLike>('buffer');

/** Throws for bytes whose memory was transferred away, or has shrunk below their end. */
const firstOf = Function.prototype.call.bind(Uint8Array.prototype.at) as (bytes: Uint8Array, index: 0) => unknown;

/** Whether a value is a Uint8Array, also one of another realm. A Proxy of one is none, because no client could read it. */
export const isBytes = (value: unknown): value is Uint8Array => types.isUint8Array(value);

/** Whether a value only looks like bytes. It is a Proxy, or an object that was made with their prototype. */
export const isLikeBytes = (value: object): boolean => Object.prototype.isPrototypeOf.call(TYPED_ARRAY, value);

/** Returns the bytes, with a length that no other thread can change. @throws InvalidMessageError when their memory is gone */
export function takenBytes(bytes: Uint8Array, field: string): Uint8Array {
  assertThere(bytes, field);
  const buffer = bufferOf(bytes) as ArrayBufferLike & { readonly growable?: boolean };
  return buffer.growable === true ? new Uint8Array(buffer, byteOffsetOf(bytes), byteLengthOf(bytes)) : bytes;
}

function assertThere(bytes: Uint8Array, field: string): void {
  if (byteLengthOf(bytes) > 0) return;
  try {
    firstOf(bytes, 0);
  } catch (error) {
    throw invalid(`${field}: the memory of these bytes was transferred away, or cut off`, error);
  }
}

/** Checks the size of bytes. @throws InvalidMessageError when code of the caller has changed it while the message was read */
export function assertSteady(bytes: Uint8Array, length: number, field: string): void {
  assertThere(bytes, field);
  if (byteLengthOf(bytes) !== length) throw invalid(`${field}: these bytes changed their size during the call`);
}

/** Copies the bytes, so that the caller cannot change them. @throws InvalidMessageError when there is no memory for it */
export function ownBytes(bytes: Uint8Array, field: string): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (error) {
    throw invalid(`${field}: no memory to keep ${byteLengthOf(bytes)} bytes until there is room`, error);
  }
}
