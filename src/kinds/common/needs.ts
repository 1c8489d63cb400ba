/** Parts without which a producer cannot address a message, and how a sample gets them. */

import type { MessageInput } from '../../shared/message/message.ts';

export interface Needs {
  readonly key: boolean;
  /** Names of headers, in lower case. */
  readonly headers: readonly string[];
  /** Paths of fields inside the value. A value without them cannot be addressed. */
  readonly fields: readonly (readonly string[])[];
}

export const NO_NEEDS: Needs = { key: false, headers: [], fields: [] };

/** Returns the sample with each needed header and field. `text` is what they hold. The sample has a key already. */
export function completed<M extends MessageInput>(sample: M, { headers, fields }: Needs, text: string): M {
  const given = pairsOf(sample.headers);
  const missing = headers.filter((wanted) => !given.some(([name]) => name.toLowerCase() === wanted));
  const added = missing.map((name) => [name, text] as const);
  const value = fields.reduce((rest, path) => withField(rest, path, text), sample.value);
  return { ...sample, value, headers: [...given, ...added] };
}

type Pairs = Extract<NonNullable<MessageInput['headers']>, readonly unknown[]>;

const pairsOf = (headers: MessageInput['headers'] = []): Pairs =>
  Array.isArray(headers) ? (headers as Pairs) : Object.entries(headers);

/** Sets one field, and makes the objects around it where there is something else. */
function withField(value: unknown, [key, ...rest]: readonly string[], text: string): unknown {
  if (key === undefined) return text;
  const fields = Object(value) === value ? (value as Readonly<Record<string, unknown>>) : {};
  return { ...fields, [key]: withField(Object.hasOwn(fields, key) ? fields[key] : undefined, rest, text) };
}
