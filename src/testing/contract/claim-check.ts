/** Checks that claims are known to the suite. A misspelt claim would silently count as false. */

import { inspect } from 'node:util';
import { didYouMean } from '../../shared/util/did-you-mean.ts';
import { FEATURE_NAMES, type Features, HEADER_SHAPES, KEY_SHAPES } from './features.ts';

interface Claim {
  readonly values: readonly unknown[];
  /** Values that may be claimed for each shape, where claims by shape are possible. */
  readonly shapes?: Readonly<Record<string, readonly unknown[]>>;
}

const YES_NO = [true, false] as const;
const SUPPORT = [...YES_NO, 'refused'] as const;

const supportOf = (shapes: readonly string[]) => Object.fromEntries(shapes.map((shape) => [shape, SUPPORT]));

const CLAIMS: { readonly [name in keyof Features]: Claim } = {
  ordered: { values: YES_NO },
  persistent: { values: YES_NO },
  headers: { values: SUPPORT, shapes: { ...supportOf(HEADER_SHAPES), null: [...SUPPORT, 'empty'] } },
  keys: { values: YES_NO, shapes: supportOf(KEY_SHAPES) },
  tombstones: { values: SUPPORT },
  batches: { values: YES_NO },
  exactlyOnce: { values: YES_NO },
};

/** @throws TypeError with every problem: a claim that is unknown, missing, or has a wrong value */
export function assertClaims(subject: string, features: unknown): void {
  const problems = isRecord(features)
    ? [
        ...nameProblems(features, FEATURE_NAMES, 'features'),
        ...FEATURE_NAMES.flatMap((name) => (Object.hasOwn(features, name) ? problemsOf(name, features[name]) : [])),
      ]
    : [`features must be an object with ${FEATURE_NAMES.join(', ')}, not ${inspect(features)}`];
  if (problems.length > 0) throw new TypeError(`producerContract '${subject}': ${problems.join('; ')}`);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function nameProblems(given: object, names: readonly string[], path: string): string[] {
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  const missing = names.filter((name) => !Object.hasOwn(given, name));
  return [
    ...unknown.map((name) => `${path} has an unknown key '${name}'${didYouMean(name, names)}`),
    ...missing.map((name) => `${path}.${name} is missing`),
  ];
}

function problemsOf(name: keyof Features, claim: unknown): string[] {
  const { values, shapes } = CLAIMS[name];
  const path = `features.${name}`;
  if (shapes === undefined || !isRecord(claim)) return valueProblems(path, claim, values, shapes);
  const claimed = Object.entries(shapes).filter(([shape]) => Object.hasOwn(claim, shape));
  return [
    ...nameProblems(claim, Object.keys(shapes), path),
    ...claimed.flatMap(([shape, allowed]) => valueProblems(`${path}.${shape}`, claim[shape], allowed)),
  ];
}

function valueProblems(path: string, value: unknown, allowed: readonly unknown[], shapes?: Claim['shapes']): string[] {
  if (allowed.includes(value)) return [];
  const byShape = shapes === undefined ? [] : [`an object with ${Object.keys(shapes).join(', ')}`];
  const expected = [...allowed.map((one) => inspect(one)), ...byShape].join(' or ');
  return [`${path} must be ${expected}, not ${inspect(value)}`];
}
