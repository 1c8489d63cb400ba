/** Checks an HTTP producer: name, port, TLS, whether the server speaks HTTP, and whether it accepts the credentials. */

import type { CheckContext, CheckPlan, CheckStep, LayerFinding } from '../../caller/check/check.ts';
import { asError } from '../../shared/errors.ts';
import { linked } from '../../shared/util/abort.ts';
import { open } from '../common/probe/connect.ts';
import { resolveApart } from '../common/probe/resolve.ts';
import { type Answer, mayReportMisconnection, misconnection } from './answer.ts';
import { addressOf, type ClientOptions, HttpClient, UnreachableError } from './client.ts';
import type { HttpRequest } from './encoder.ts';
import { diagnosis } from './failures.ts';

export interface HttpCheck extends Omit<ClientOptions, 'connectTimeoutMs' | 'requestTimeoutMs'> {
  readonly request: HttpRequest;
}

/** Share of the remaining time in which the answer to the GET must be complete. */
const SHARE_OF_GET = 0.25;

const left = ({ end }: Pick<CheckContext, 'end'>): number => Math.max(end - performance.now(), 1);

export function checkPlan(check: HttpCheck): CheckPlan {
  const probe = new CheckProbe(check);
  const steps: CheckStep[] = [
    { layer: 'dns', run: (context) => probe.resolve(context) },
    { layer: 'tcp', run: (context) => probe.reach(context) },
    { layer: 'tls', run: (context) => probe.connect(context) },
    { layer: 'http', run: (context) => probe.ask(context) },
  ];
  return { steps, close: () => probe.close() };
}

class CheckProbe {
  readonly #check: HttpCheck;
  #addresses: readonly string[] = [];
  #client: HttpClient | undefined;

  constructor(check: HttpCheck) {
    this.#check = check;
  }

  async resolve({ end }: CheckContext): Promise<LayerFinding> {
    const { origin } = this.#check;
    try {
      this.#addresses = await resolveApart(addressOf(origin).hostname, end);
      return { note: this.#addresses.join(', ') };
    } catch (error) {
      return diagnosis({ code: 'ENOTFOUND', ...(Object(error) as object) }, origin);
    }
  }

  /** Connects to any of the addresses of the name; one is enough. */
  async reach(context: CheckContext): Promise<LayerFinding> {
    const { protocol, port } = addressOf(this.#check.origin);
    const number = Number(port || (protocol === 'https:' ? 443 : 80));
    const tries = this.#addresses.map(async (address) => (await open(address, number, left(context))).destroy());
    try {
      await Promise.any(tries);
      return {};
    } catch (error) {
      return diagnosis((error as AggregateError).errors[0], this.#check.origin);
    }
  }

  async connect(context: CheckContext): Promise<LayerFinding> {
    const { origin } = this.#check;
    const ms = left(context);
    const signal = context.signal ?? new AbortController().signal;
    try {
      this.#client = await HttpClient.open({ ...this.#check, connectTimeoutMs: ms, requestTimeoutMs: ms }, signal);
      return { note: origin.startsWith('https:') ? 'the certificate verifies' : 'not used (http)' };
    } catch (error) {
      return error instanceof UnreachableError ? error.finding : { problem: asError(error).message };
    }
  }

  /** Sends the request. Any HTTP answer passes except 401, because servers differ in what they answer to such a request. */
  async ask(context: CheckContext): Promise<LayerFinding> {
    const { signal = new AbortController().signal } = context;
    const { request, origin } = this.#check;
    if (this.#client === undefined) return { problem: 'there is no connection' };
    try {
      const answer = await this.#explained(await this.#client.request(request, signal), context);
      const { status } = answer;
      const wrong = misconnection(answer);
      if (wrong !== undefined) return { problem: `${origin} answered ${status}: ${answer.excerpt}`, ...wrong };
      if (status === 401)
        return { problem: `${origin} refuses the credentials (401)`, advice: "check 'auth'", setting: 'auth' };
      return { note: `${request.method} ${status}` };
    } catch (error) {
      return (error as { finding?: LayerFinding }).finding ?? { problem: asError(error).message };
    }
  }

  /**
   * Returns the answer to a GET where that reports a fault of the connection, else the given one. Servers report such faults in the
   * body, which an answer to HEAD lacks. The GET may be a long poll, so it gets only a part of the remaining time.
   */
  async #explained(answer: Answer, context: CheckContext): Promise<Answer> {
    if (!mayReportMisconnection(answer.status)) return answer;
    const deadline = AbortSignal.timeout(Math.ceil(left(context) * SHARE_OF_GET));
    const get = (signal: AbortSignal) => this.#client?.request({ ...this.#check.request, method: 'GET' }, signal);
    const second = await linked([context.signal, deadline], get).catch(() => undefined);
    return second !== undefined && misconnection(second) !== undefined ? second : answer;
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }
}
