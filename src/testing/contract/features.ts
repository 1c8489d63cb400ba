/** What a kind of producer claims to do, so that the suite knows what to hold it to. */

/** What headers may look like. `text` is the least; `order` is that of several, with repeated names. */
export const HEADER_SHAPES = ['text', 'binary', 'empty', 'null', 'repeated'] as const;
export type HeaderShape = (typeof HEADER_SHAPES)[number];

export const KEY_SHAPES = ['text', 'binary'] as const;
export type KeyShape = (typeof KEY_SHAPES)[number];

/**
 * What becomes of a part of a message. True: it arrives exactly as it was. False: the message arrives without it.
 * `'refused'`: the message is not delivered, and whoever sent it is told. Nothing else is allowed: a part that arrives
 * changed is a fault.
 */
export type Support = boolean | 'refused';

/** A header without a value may also arrive as an empty one. */
export type HeaderSupport = Readonly<Record<Exclude<HeaderShape, 'null'>, Support> & { null: Support | 'empty' }>;

/**
 * What a kind claims. The suite holds it to each word: a claim that is true is tried where it is hardest, and one that
 * is false has a behaviour of its own, which is tried as well.
 */
export interface Features {
  /** Messages arrive in the order of acceptance, also through failures. False: all of them arrive, in any order. */
  readonly ordered: boolean;
  /** What was acknowledged outlives a restart of the server. False: after the restart the producer goes on by itself. */
  readonly persistent: boolean;
  /** For all shapes at once, or for each. */
  readonly headers: Support | HeaderSupport;
  readonly keys: boolean | Readonly<Record<KeyShape, Support>>;
  /** `value: null` arrives as such, and an empty value as an empty one. False: it arrives as an empty value. */
  readonly tombstones: Support;
  /** Many messages travel in one request. False: each is a request of its own, and nothing is sent behind a failed one. */
  readonly batches: boolean;
  /** No message arrives twice, whatever happens. False: one may, but none is lost. */
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

/** A claim in a few words, for the table: `yes`, `no`, or `yes; null no, binary refused`. */
export function claimed(claim: Features[keyof Features]): string {
  if (typeof claim !== 'object') return words(claim);
  const { text, ...others } = claim as Readonly<Record<string, Support | 'empty'>>;
  const exceptions = Object.entries(others).filter(([, support]) => support !== text);
  const rest = exceptions.map(([shape, support]) => `${shape} ${words(support)}`).join(', ');
  return `${words(text ?? false)}${rest && `; ${rest}`}`;
}
