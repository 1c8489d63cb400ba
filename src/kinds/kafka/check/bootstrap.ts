/** Checks all bootstrap servers, a layer at a time. One that passes is enough; the problems of the others become a warning. */

import type { Socket } from 'node:net';
import type { CheckContext, CheckStep, LayerFinding } from '../../../caller/check/check.ts';
import { resolveApart } from '../../common/probe/resolve.ts';
import { ServerProbe } from '../explain/server-probe.ts';
import { type Properties, serversOf } from '../explain/servers.ts';

/** Share of the remaining time for one layer. A server that is silent in it must leave time for the next layers of the others. */
const SHARE = 0.4;

type ProbeStep = 'resolve' | 'reach' | 'secure';

export class Bootstrap {
  readonly steps: readonly CheckStep[] = [
    this.#step('dns', 'resolve'),
    this.#step('tcp', 'reach'),
    this.#step('tls', 'secure'),
  ];
  /** The probes of the servers that have not failed. A failure in one layer leaves the server out of the next. */
  #probes: readonly ServerProbe[];

  constructor(properties: Properties) {
    this.#probes = serversOf(properties).map((server) => new ServerProbe(server, properties, resolveApart));
  }

  /** The servers that have passed so far, for `bootstrap.servers`. */
  get passed(): string {
    return this.#probes.map(({ server }) => server.name).join(',');
  }

  /** Opens a connection to the first server that has passed. @throws Error when there is none */
  async connect(end: number): Promise<Socket> {
    const [probe] = this.#probes;
    if (probe === undefined) throw new Error('no server has passed');
    return probe.connect(end);
  }

  #step(layer: string, step: ProbeStep): CheckStep {
    return { layer, run: ({ end }) => this.#run(step, share(end)) };
  }

  async #run(step: ProbeStep, end: number): Promise<LayerFinding> {
    const findings = await Promise.all(this.#probes.map((probe) => probe[step](end)));
    this.#probes = this.#probes.filter((_probe, index) => findings[index]?.problem === undefined);
    return together(findings);
  }
}

/** Returns a deadline that leaves the rest of the time to the next layers. */
export const share = (end: CheckContext['end']): number => {
  const now = performance.now();
  return now + Math.max(end - now, 0) * SHARE;
};

/** Returns one finding for all servers. If none has passed, it is the first problem, and how many more there are. */
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
