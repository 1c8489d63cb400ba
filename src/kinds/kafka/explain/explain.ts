/** Explains in one line why there is no connection, from librdkafka's log or by probes of the servers. Runs in either thread. */

import { isIP } from 'node:net';
import type { LayerFinding } from '../../../caller/check/check.ts';
import { ConnectError } from '../../../shared/errors.ts';
import { resolveHere } from '../../common/probe/resolve.ts';
import { type Diagnosis, diagnose, diagnosisText, said, unheard } from './diagnosis.ts';
import { ServerProbe } from './server-probe.ts';
import { type Properties, type Server, serversOf } from './servers.ts';

/** Maximum time in ms of such a probe. */
export const PROBE_MS = 1000;
/** librdkafka turns to the next server after a second. A longer pause means that a name takes long to resolve. */
const QUICK_MS = 2000;

/** librdkafka's line about each server: the last one that names a cause, else the last one. */
export class Hearsay {
  readonly #lines = new Map<string, string>();
  readonly #quick = new Set<string>();
  #lastMs = performance.now();

  hear(line: string): void {
    const server = said(line)?.server;
    if (server === undefined) return;
    if (performance.now() - this.#lastMs < QUICK_MS) this.#quick.add(server);
    this.#lastMs = performance.now();
    const known = this.#lines.get(server);
    if (known === undefined || diagnose(known) === undefined || diagnose(line) !== undefined)
      this.#lines.set(server, line);
  }

  of(server: Server): string | undefined {
    return this.#lines.get(server.name);
  }

  /** Whether the server's name resolves quickly. A probe of another one would hold up the end of the thread and the process. */
  resolvesQuickly({ name, host }: Server): boolean {
    return isIP(host) !== 0 || host === 'localhost' || this.#quick.has(name);
  }

  /** The lines about servers that are none of `known`, which are names that brokers give themselves. */
  ofOthers(known: readonly Server[]): string[] {
    const names = new Set(known.map(({ name }) => name));
    return [...this.#lines].filter(([name]) => !names.has(name)).map(([, line]) => line);
  }

  /** The line of the last server, if nothing better is known. */
  get any(): string | undefined {
    return [...this.#lines.values()].at(-1);
  }
}

/** A ConnectError that keeps the diagnosis, for callers that show its parts one by one. */
export class ExplainedError extends ConnectError {
  readonly diagnosis: Diagnosis | undefined;

  constructor(diagnosis: Diagnosis | undefined, otherwise: string) {
    super(diagnosis === undefined ? otherwise : diagnosisText(diagnosis));
    this.diagnosis = diagnosis;
  }
}

/** Returns the explanation by `end`, a time of `performance.now()`. */
export async function explain(hearsay: Hearsay, properties: Properties, end: number): Promise<ExplainedError> {
  return new ExplainedError(await findCause(hearsay, properties, end), hearsay.any ?? 'no broker has answered');
}

/** Finds the cause. Of several servers, the one that came furthest counts, because its problem is the last one to solve. */
async function findCause(hearsay: Hearsay, properties: Properties, end: number): Promise<Diagnosis | undefined> {
  const causes = serversOf(properties).map(async (server) => {
    const line = hearsay.of(server);
    const heard = diagnose(line ?? '');
    if (heard !== undefined || performance.now() > end) return heard;
    if (!hearsay.resolvesQuickly(server)) return line === undefined ? unheard(server.name) : undefined;
    return asDiagnosis(await new ServerProbe(server, properties, resolveHere).probe(end));
  });
  const known = (await Promise.all(causes)).filter((cause) => cause !== undefined);
  return known.sort((a, b) => ORDER.indexOf(b.layer) - ORDER.indexOf(a.layer))[0];
}

const ORDER: readonly Diagnosis['layer'][] = ['dns', 'tcp', 'tls', 'metadata', 'sasl'];

const asDiagnosis = (finding: LayerFinding): Diagnosis | undefined =>
  'layer' in finding ? (finding as Diagnosis) : undefined;
