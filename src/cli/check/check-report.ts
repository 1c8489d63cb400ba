/** Formats the report of a check: a line for each layer, and the object for `--json`. */

import type { CheckLayer, CheckReport } from '../../caller/check/check.ts';
import type { SourceLocation } from '../../config/definition.ts';
import { formatIssue } from '../../shared/errors.ts';
import { oneLine } from '../../shared/util/one-line.ts';
import type { Subject } from '../producer-session.ts';

export type LocatedLayer = CheckLayer & { readonly at?: SourceLocation };

export interface Checked {
  readonly name: string;
  readonly kind: string;
  readonly ok: boolean;
  readonly layers: readonly LocatedLayer[];
}

/** Adds locations to a report. A setting that was left to its default has the location of the producer. */
export function checkedProducer(
  { name, kind, definition }: Pick<Subject, 'name' | 'kind' | 'definition'>,
  { ok, layers }: CheckReport,
): Checked {
  const { places, at } = definition;
  const placed = layers.map((layer): LocatedLayer => {
    const rounded = { ...layer, durationMs: Math.round(layer.durationMs * 10) / 10 };
    const isCause = layer.reached && !layer.ok;
    return isCause ? { ...rounded, at: places.get(layer.setting ?? '') ?? at } : rounded;
  });
  return { name, kind, ok, layers: placed };
}

export function checkText({ name, kind, layers }: Checked): string {
  return [`${name} (${kind})`, ...layers.flatMap((layer) => layerLines(layer))].join('\n');
}

const NAME_WIDTH = 'authorisation'.length;
const WORD_WIDTH = 'not reached'.length;
const TIME_WIDTH = 10;

function layerLines(layer: LocatedLayer): string[] {
  const { note = '', warning } = layer;
  const word = layer.ok ? 'ok' : layer.reached ? 'FAILED' : 'not reached';
  const time = layer.reached ? `${layer.durationMs.toFixed(1)} ms` : '';
  const columns = [layer.layer.padEnd(NAME_WIDTH), word.padEnd(WORD_WIDTH), time.padStart(TIME_WIDTH), oneLine(note)];
  const line = `  ${columns.join('  ')}`.trimEnd();
  return [line, ...(warning === undefined ? [] : [`    warning: ${oneLine(warning)}`]), ...causeLines(layer)];
}

/** Puts the location at the beginning of the line, where editors find it. */
function causeLines({ at, problem, advice, setting = '' }: LocatedLayer): string[] {
  if (at === undefined || problem === undefined) return [];
  const message = oneLine(advice === undefined ? problem : `${problem}: ${advice}`);
  return [formatIssue({ ...at, path: setting, message })];
}
