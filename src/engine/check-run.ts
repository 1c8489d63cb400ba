/** Runs the steps of a check one after the other, until one fails. */

import { asError } from '../errors.ts';
import type { CheckContext, CheckLayer, CheckPlan, CheckReport, CheckStep, LayerFinding } from './check.ts';
import { wait } from './waiting.ts';

/** How long after the deadline a step may still find its own words for it. */
const LAST_WORD_MS = 50;

/** @throws the signal's reason, once it is aborted */
export async function runCheck({ steps, close }: CheckPlan, context: CheckContext): Promise<CheckReport> {
  const layers: CheckLayer[] = [];
  try {
    for (const step of steps) {
      if (failedAt(layers, step) !== undefined) continue;
      layers.push(...(await checkLayer(step, steps, context)));
    }
  } finally {
    await close();
  }
  return { ok: layers.every(({ ok }) => ok), layers };
}

const failedAt = (layers: readonly CheckLayer[], { layer }: CheckStep): CheckLayer | undefined =>
  layers.find((known) => known.layer === layer);

/** The layer of this step; and, where it fails here or at a later one, all that follow. */
async function checkLayer(step: CheckStep, steps: readonly CheckStep[], context: CheckContext): Promise<CheckLayer[]> {
  const begin = performance.now();
  const { layer: named, ...finding } = await bounded(step, context);
  const durationMs = performance.now() - begin;
  if (finding.problem === undefined) return [{ layer: step.layer, ok: true, reached: true, durationMs, ...finding }];
  const from = steps.indexOf(step);
  const failing = Math.max(
    from,
    steps.findIndex(({ layer }) => layer === named),
  );
  return steps.slice(from).map(({ layer }, index): CheckLayer => {
    if (from + index === failing) return { layer, ok: false, reached: true, durationMs, ...finding };
    if (index === 0) return { layer, ok: true, reached: true, durationMs };
    return { layer, ok: false, reached: false, durationMs: 0 };
  });
}

/** A step keeps to the deadline by itself; one that does not is left behind. */
async function bounded(step: CheckStep, context: CheckContext): Promise<LayerFinding> {
  const { signal, end } = context;
  signal?.throwIfAborted();
  const late: LayerFinding = { problem: 'no answer by the deadline of the check', advice: 'give it more time' };
  const timeout = Math.max(end - performance.now(), 0) + LAST_WORD_MS;
  const found = wait<LayerFinding>({ timeout, ...(signal && { signal }) }, (reason) =>
    reason === 'timeout' ? late : asError(signal?.reason),
  );
  step.run(context).then(found.resolve, (error) => found.resolve({ problem: asError(error).message }));
  return found.promise;
}
