/** Masks the texts in data before it is logged or reported (I9). */

/** Replaces the secrets in a text. */
export type Mask = (text: string) => string;

/** Copies a value with every text masked, in plain objects, lists, errors with causes, and URLs. Others are returned as is. */
export function maskedData<T>(value: T, mask: Mask): T {
  return copyOf(value, mask, new WeakMap()) as T;
}

/** Masks the fields of a log line. Most lines hold nothing to mask, and their fields are returned as they are. */
export const maskedFields = (fields: Fields, mask: Mask): Fields =>
  Object.values(fields).every((value) => isSayable(value, mask)) ? fields : maskedData(fields, mask);

type Fields = Readonly<Record<string, unknown>>;

const isSayable = (value: unknown, mask: Mask): boolean =>
  typeof value === 'string' ? mask(value) === value : typeof value !== 'object' || value === null;

/** Copies of the objects met so far. A value may contain itself. */
type Seen = WeakMap<object, unknown>;

function copyOf(value: unknown, mask: Mask, seen: Seen): unknown {
  if (typeof value === 'string') return mask(value);
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  if (value instanceof URL) return mask(value.href);
  if (Array.isArray(value)) return filled([], value, { mask, seen });
  if (value instanceof Error) return errorOf(value, mask, seen);
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ? filled({}, value, { mask, seen }) : value;
}

function filled(copy: object, value: object, { mask, seen }: { readonly mask: Mask; readonly seen: Seen }): object {
  seen.set(value, copy);
  for (const [key, inner] of Object.entries(value))
    Object.defineProperty(copy, key, { ...PLAIN, value: copyOf(inner, mask, seen) });
  return copy;
}

/** Attributes of a copied property. Unlike an assignment, they make a key such as `__proto__` an ordinary one. */
const PLAIN = { enumerable: true, writable: true, configurable: true } as const;

/** Copies an error with the same class, because a logger recognizes an error by its class. */
function errorOf(error: Error, mask: Mask, seen: Seen): Error {
  const copy = Object.create(Object.getPrototypeOf(error)) as Error;
  seen.set(error, copy);
  for (const { key, enumerable } of propertiesOf(error))
    Object.defineProperty(copy, key, { ...PLAIN, enumerable, value: copyOf(read(error, key), mask, seen) });
  return copy;
}

interface Property {
  readonly key: string;
  readonly enumerable: boolean;
}

/**
 * Returns the own properties of an error, and the getters of its class. A getter may read what a copy lacks and throw, as
 * `message` of a `DOMException` does (the TimeoutError and AbortError of `fetch`).
 */
function propertiesOf(error: Error): Property[] {
  const found = new Map<string, Property>();
  for (let from: object = error; from !== Object.prototype && from !== null; from = Object.getPrototypeOf(from))
    for (const [key, { enumerable = false, get }] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (!found.has(key) && (from === error || get !== undefined)) found.set(key, { key, enumerable });
  return [...found.values()];
}

/** Reads a property. Its getter may be a user's own, and may throw. */
function read(error: Error, key: string): unknown {
  try {
    return (error as unknown as Fields)[key];
  } catch {
    return undefined;
  }
}
