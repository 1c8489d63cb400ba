/** Converts scalars to values. The schema decides about the type, not YAML's guess by the look of the text. */

import type { Scalar } from 'yaml';
import type { Wanted } from '../report/introspect.ts';
import { type Resolved, resolveReferences, type Sources } from './references.ts';

const NUMERIC = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

/** A scalar's value and its origin. */
export interface ScalarValue extends Pick<Resolved, 'references' | 'values' | 'hasDefault' | 'problems'> {
  readonly value: unknown;
  /** Whether the scalar has quotes, and would have the wanted type without them. */
  readonly needlessQuotes: boolean;
}

const WITHOUT_REFERENCES = { references: [], values: [], hasDefault: false, problems: [] } as const;

export function readScalar(node: Scalar, wanted: Wanted, sources: Sources): ScalarValue {
  const { value } = node;
  if (typeof value === 'string' && value.includes('${')) {
    const { text, ...resolved } = resolveReferences(value, sources);
    // A word that the schema names, such as one of an enum, is no secret.
    const values = wanted.words.has(text) ? [] : resolved.values;
    return { value: fromText(text, wanted), ...resolved, values, needlessQuotes: false };
  }
  const quoted = typeof value === 'string' && node.type !== 'PLAIN';
  const needlessQuotes = quoted && typeof fromText(value, wanted) !== 'string';
  return { value: asWritten(node, wanted), ...WITHOUT_REFERENCES, needlessQuotes };
}

/** Converts a text from outside, which has no YAML type, to a number or a boolean where the schema takes one. */
function fromText(text: string, wanted: Wanted): unknown {
  if (wanted.anything || wanted.words.has(text)) return text;
  if (wanted.number && NUMERIC.test(text)) return Number(text);
  return wanted.boolean && /^(?:true|false)$/.test(text) ? text === 'true' : text;
}

/** Numbers as JSON writes them. YAML also reads 01234, 0x1F, 0o17, +5 and .inf as numbers. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;

/** Whether a number keeps everything that was written, unlike a postcode with a leading zero or an id with 20 digits. */
const saysAll = (value: number, source = String(value)): boolean =>
  JSON_NUMBER.test(source) && (Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value)));

/** Returns the text as written for a plain scalar where the schema takes a text. A password of 0123 is no number. */
function asWritten({ value, source }: Scalar, wanted: Wanted): unknown {
  const isNumber = typeof value === 'number' && wanted.number && (saysAll(value, source) || !wanted.text);
  const suits = isNumber || (typeof value === 'boolean' && wanted.boolean);
  if (suits || value === null || typeof value === 'string' || !wanted.text) return value;
  return source ?? String(value);
}
