/** All bootstrap servers together, a layer at a time: one that passes is enough, and what ails the others is a warning. */

import type { CheckContext, CheckLayerName, CheckStep, LayerFinding } from '../../../engine/check.ts';
import { ServerProbe } from './server-probe.ts';
import { type Properties, serversOf } from './servers.ts';

/** Of what is left of the time: a server that is silent in one layer must not take that of the next from the others. */
const SHARE = 0.4;

type Look = 'resolve' | 'reach' | 'secure';

/** One step for each layer; those that fail in one are left out of the next. */
export function bootstrapSteps(properties: Properties): CheckStep[] {
  let probes = serversOf(properties).map((server) => new ServerProbe(server, properties));
  const step = (layer: CheckLayerName, look: Look): CheckStep => ({
    layer,
    run: async ({ end }) => {
      const looked = await Promise.all(
        probes.map(async (probe) => ({ probe, finding: await probe[look](share(end)) })),
      );
      const passed = looked.filter(({ finding }) => finding.problem === undefined);
      probes = passed.map(({ probe }) => probe);
      return together(looked.map(({ finding }) => finding));
    },
  });
  return [step('dns', 'resolve'), step('tcp', 'reach'), step('tls', 'secure')];
}

const share = (end: CheckContext['end']): number => {
  const now = performance.now();
  return now + Math.max(end - now, 0) * SHARE;
};

/** One finding for all servers: where none has passed, the first problem, and how many more there are. */
export function together(findings: readonly LayerFinding[]): LayerFinding {
  const failed = findings.filter(({ problem }) => problem !== undefined);
  const [first] = failed;
  if (first !== undefined && failed.length === findings.length) {
    const others = failed.length === 1 ? '' : ` (the other ${failed.length - 1} fail as well)`;
    return { ...first, problem: `${first.problem}${others}` };
  }
  const notes = [...new Set(findings.flatMap(({ note }) => note ?? []))].join('; ');
  const warning = failed.map(({ problem, advice }) => `${problem}: ${advice}`).join('; ');
  return { ...(notes !== '' && { note: notes }), ...(warning !== '' && { warning }) };
}
