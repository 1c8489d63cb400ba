/** The headers of a message, as propagators read and write them. Names are compared without regard to case. */

import type { HeaderPair } from '../../shared/message/headers.ts';
import { isWellFormed } from '../../shared/message/well-formed.ts';
import type { Carrier, CarrierGetter, CarrierSetter } from './opentelemetry.ts';

/** The header of W3C Trace Context. A message that has one keeps it, even if it cannot be read. */
const TRACEPARENT = 'traceparent';

export const GETTER: CarrierGetter = {
  keys: (carrier) => carrier.map(([name]) => name),
  get: (carrier, name) => carrier.find(([own]) => own === name.toLowerCase())?.[1],
};

/** Adds a header, unless the carrier has one of its name. */
export const SETTER: CarrierSetter = {
  set(carrier, name, value) {
    // A propagator in JavaScript may set anything, which is sorted out afterwards.
    const own = typeof name === 'string' ? name.toLowerCase() : '';
    if (GETTER.get(carrier, own) === undefined) carrier.push([own, value]);
  },
};

export const hasTraceparent = (carrier: Carrier): boolean => GETTER.get(carrier, TRACEPARENT) !== undefined;

/** Whether a message can have the header. */
export const isCarried = ([name, value]: Carrier[number]): boolean =>
  name !== '' && !name.includes('\0') && isWellFormed(name) && typeof value === 'string' && isWellFormed(value);

/** Returns the headers that have a value. */
export const carrierOf = (headers: readonly HeaderPair[]): Carrier =>
  headers.flatMap(([name, value]): Carrier => (value === null ? [] : [[name.toLowerCase(), textOf(value)]]));

const textOf = (value: string | Uint8Array): string =>
  typeof value === 'string' ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();

/** Bytes of a packed header in addition to its name and its value, rounded up. */
const FRAME_BYTES = 16;
/** UTF-8 needs at most three bytes for one UTF-16 unit. */
const MAX_UTF8 = 3;

/** Upper bound of a packed header's size in bytes. */
export const boundOfHeader = (name: string, value: string): number =>
  FRAME_BYTES + (name.length + value.length) * MAX_UTF8;
