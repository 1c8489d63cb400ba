/** Features that a kind of producer claims, which decide what the suite checks. */

/** Shapes of headers. `text` is the minimum; `repeated` are several headers in order, with a repeated name. */
export const HEADER_SHAPES = ['text', 'binary', 'empty', 'null', 'repeated'] as const;
export type HeaderShape = (typeof HEADER_SHAPES)[number];

export const KEY_SHAPES = ['text', 'binary'] as const;
export type KeyShape = (typeof KEY_SHAPES)[number];

/**
 * Support for a part of a message. A part that arrives changed is always a fault.
 *
 *    true        the part arrives exactly as it was
 *    false       the message arrives without the part
 *    'refused'   the message is not delivered, and its sender gets an error
 */
export type Support = boolean | 'refused';

/** Support for headers by shape. A header with the value null may also arrive as an empty one. */
export type HeaderSupport = Readonly<Record<Exclude<HeaderShape, 'null'>, Support> & { null: Support | 'empty' }>;

/** Claims of a kind. A true one is tried under the hardest conditions; a false one has a behaviour that is checked as well. */
export interface Features {
  /** Messages arrive in the order of acceptance, even through failures. False: all of them arrive, in any order. */
  readonly ordered: boolean;
  /** Acknowledged messages survive a restart of the server. False: after the restart the producer continues by itself. */
  readonly persistent: boolean;
  /** Support for all shapes at once, or for each. */
  readonly headers: Support | HeaderSupport;
  readonly keys: boolean | Readonly<Record<KeyShape, Support>>;
  /** `value: null` arrives as null, and an empty value as an empty one. False: null arrives as an empty value. */
  readonly tombstones: Support;
  /** One request carries many messages. False: each message has its own request, and none is sent after a failed one. */
  readonly batches: boolean;
  /** No message arrives twice, whatever fails. False: messages may arrive twice, but none is lost. */
  readonly exactlyOnce: boolean;
}

export const FEATURE_NAMES: readonly (keyof Features)[] = [
  'ordered',
  'persistent',
  'headers',
  'keys',
  'tombstones',
  'batches',
  'exactlyOnce',
];

export const headerSupport = ({ headers }: Features, shape: HeaderShape): Support | 'empty' =>
  typeof headers === 'object' ? headers[shape] : headers;

export const keySupport = ({ keys }: Features, shape: KeyShape): Support =>
  typeof keys === 'object' ? keys[shape] : keys;

const words = (support: Support | 'empty'): string => (typeof support === 'string' ? support : support ? 'yes' : 'no');

/** Formats a claim for the table: `yes`, `no`, or `yes; null no, binary refused`. */
export function claimed(claim: Features[keyof Features]): string {
  if (typeof claim !== 'object') return words(claim);
  const { text, ...others } = claim as Readonly<Record<string, Support | 'empty'>>;
  const exceptions = Object.entries(others).filter(([, support]) => support !== text);
  const rest = exceptions.map(([shape, support]) => `${shape} ${words(support)}`).join(', ');
  return `${words(text ?? false)}${rest && `; ${rest}`}`;
}
