/** What a scalar becomes: the schema decides, not YAML's guess from the look of the text. */

import type { Scalar } from 'yaml';
import type { Wanted } from './introspect.ts';
import { type Resolved, resolveReferences, type Sources } from './references.ts';

const NUMERIC = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;

/** A scalar's value and where it came from. */
export interface ScalarValue extends Pick<Resolved, 'references' | 'problems'> {
  readonly value: unknown;
  /** In quotes, and what the schema wants without them. */
  readonly needlessQuotes: boolean;
}

export function readScalar(node: Scalar, wanted: Wanted, sources: Sources): ScalarValue {
  const { value } = node;
  if (typeof value === 'string' && value.includes('${')) {
    const { text, references, problems } = resolveReferences(value, sources);
    return { value: fromText(text, wanted), references, problems, needlessQuotes: false };
  }
  const quoted = typeof value === 'string' && node.type !== 'PLAIN';
  const needlessQuotes = quoted && typeof fromText(value, wanted) !== 'string';
  return { value: asWritten(node, wanted), references: [], problems: [], needlessQuotes };
}

/** A text from outside has no YAML type: it becomes a number or a boolean where one is wanted. */
function fromText(text: string, wanted: Wanted): unknown {
  if (wanted.anything || wanted.words.has(text)) return text;
  if (wanted.number && NUMERIC.test(text)) return Number(text);
  return wanted.boolean && /^(?:true|false)$/.test(text) ? text === 'true' : text;
}

/** A password of 0123 is no number: where a text is wanted, a plain scalar is the text that was written. */
function asWritten({ value, source }: Scalar, wanted: Wanted): unknown {
  const suits = (typeof value === 'number' && wanted.number) || (typeof value === 'boolean' && wanted.boolean);
  if (suits || value === null || typeof value === 'string' || !wanted.text) return value;
  return source ?? String(value);
}
