/** Runs the steps of a check one after the other, until one fails. */

import { errorText } from '../../shared/error-text.ts';
import { asError } from '../../shared/errors.ts';
import { Waits } from '../../shared/util/wait.ts';
import type { CheckContext, CheckLayer, CheckPlan, CheckReport, CheckStep, LayerFinding } from './check.ts';

/** Time in ms after the deadline in which a step may still report its own, more precise problem. */
const LAST_WORD_MS = 50;

/** A step that had less than this time, in ms, shows nothing about a broker that does not answer. */
const LEAST_MS = 500;
/** A step that used at least this part of the remaining time was waiting for an answer. */
const USED_UP = 0.3;

interface Run extends CheckContext {
  /** Time in ms that the whole check was given. */
  readonly timeoutMs: number;
}

/** Runs the steps and closes the plan. @throws the signal's reason, once it is aborted */
export async function runCheck({ steps, close }: CheckPlan, given: CheckContext): Promise<CheckReport> {
  const layers: CheckLayer[] = [];
  const context: Run = { ...given, timeoutMs: Math.max(Math.round(given.end - performance.now()), 1) };
  try {
    for (const step of steps) {
      if (layers.some(({ ok }) => !ok)) break;
      for (const layer of await checkLayer(step, steps, context)) note(layers, layer);
    }
  } finally {
    await close();
  }
  return { ok: layers.every(({ ok }) => ok), layers };
}

/**
 * Merges findings by layer, so that each has one row. Later steps add their findings, and decide whether the layer passed. The row of
 * a layer that fails moves behind those that passed.
 */
function note(layers: CheckLayer[], found: CheckLayer): void {
  const index = layers.findIndex(({ layer }) => layer === found.layer);
  const before = layers[index];
  if (before === undefined) {
    layers.push(found);
    return;
  }
  if (!found.reached) return;
  const both = { ...before, ...found, durationMs: before.durationMs + found.durationMs };
  if (found.ok) layers[index] = both;
  else layers.splice(index, 1, ...layers.splice(index + 1), both);
}

/** Runs a step. Returns its layer and, if the step fails at this or a later layer, all layers that follow. */
async function checkLayer(step: CheckStep, steps: readonly CheckStep[], context: Run): Promise<CheckLayer[]> {
  const begin = performance.now();
  const found = await bounded(step, context);
  const durationMs = performance.now() - begin;
  const { layer: named, ...finding } = inTime(found, context, begin);
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

/** Reports the deadline instead of a step's problem if the step had too little time, which may have caused the problem. */
function inTime(found: LayerFinding, { end, timeoutMs }: Run, begin: number): LayerFinding {
  const left = end - begin;
  const wasWaiting = performance.now() - begin >= left * USED_UP;
  return found.problem !== undefined && left < LEAST_MS && wasWaiting ? late(timeoutMs) : found;
}

const late = (timeoutMs: number): LayerFinding => ({
  problem: `no answer within the timeout of the check, ${timeoutMs} ms`,
  advice: "allow more time ('timeout' in code, '--timeout' of the command)",
});

/** Runs a step, which should keep to the deadline by itself. One that does not is abandoned. */
async function bounded(step: CheckStep, context: Run): Promise<LayerFinding> {
  const { signal, end, timeoutMs } = context;
  signal?.throwIfAborted();
  const timeout = Math.max(end - performance.now(), 0) + LAST_WORD_MS;
  const waits = new Waits<LayerFinding>((_wait, reason) => {
    if (reason === 'timeout') return late(timeoutMs);
    throw asError(signal?.reason);
  });
  const found = waits.add(undefined, { timeout, ...(signal && { signal }) });
  step.run(context).then(
    (finding) => found.resolve(finding),
    (error) => found.resolve({ problem: errorText(error) }),
  );
  return found.promise;
}
