/** Checks a RabbitMQ producer: name, port, TLS, user, virtual host, exchanges and queue, permission to publish. */

import type { ChannelModel } from 'amqplib';
import type { CheckContext, CheckPlan, LayerFinding } from '../../caller/check/check.ts';
import { asError } from '../../shared/errors.ts';
import { LinkedAbort, linked } from '../../shared/util/abort.ts';
import { open } from '../common/probe/connect.ts';
import { resolveApart } from '../common/probe/resolve.ts';
import { type Address, Addressing } from './addressing.ts';
import { connect } from './connect.ts';
import { denied, ExplainedError, exchangeOf, explained, missing, unreachable, unresolvable } from './diagnosis.ts';
import { askToPublish } from './permission.ts';
import { codeIn, NOT_FOUND, PRECONDITION_FAILED } from './replies.ts';
import type { RabbitmqConfig } from './schema.ts';
import { type Server, serverOf } from './server.ts';
import { type Missing, missingOf, partsOf, queuePart } from './topology.ts';

export function checkPlan(config: RabbitmqConfig): CheckPlan {
  const probe = new CheckProbe(config);
  const steps: CheckPlan['steps'] = [
    { layer: 'dns', run: (context) => probe.resolve(context) },
    { layer: 'tcp', run: (context) => probe.reach(context) },
    { layer: 'tls', run: (context) => probe.connect(context) },
    { layer: 'sasl', run: async () => ({ note: `PLAIN, user ${probe.server.username}` }) },
    { layer: 'vhost', run: async () => ({ note: probe.server.vhost }) },
    { layer: 'topology', run: (context) => probe.topology(context) },
    { layer: 'authorisation', run: (context) => probe.mayPublish(context) },
  ];
  return { steps, close: () => probe.close() };
}

const left = ({ end }: CheckContext): number => Math.max(end - performance.now(), 1);

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? asError(error).message;

class CheckProbe {
  readonly server: Server;
  readonly #config: RabbitmqConfig;
  readonly #cut = new AbortController();
  #addresses: readonly string[] = [];
  #model: ChannelModel | undefined;

  constructor(config: RabbitmqConfig) {
    this.#config = config;
    this.server = serverOf(config);
  }

  async resolve({ end }: CheckContext): Promise<LayerFinding> {
    try {
      this.#addresses = await resolveApart(this.server.host, end);
      return { note: this.#addresses.join(', ') };
    } catch (error) {
      return unresolvable(this.server, codeOf(error));
    }
  }

  /** Connects to any of the addresses of the name; one is enough. */
  async reach(context: CheckContext): Promise<LayerFinding> {
    const { port } = this.server;
    const tries = this.#addresses.map(async (address) => (await open(address, port, left(context))).destroy());
    try {
      await Promise.any(tries);
      return {};
    } catch (error) {
      return unreachable(this.server, codeOf((error as AggregateError).errors[0]));
    }
  }

  /** Checks TLS, the user and the virtual host by one connection. The error of a failure names the layer. */
  async connect(context: CheckContext): Promise<LayerFinding> {
    const deadline = AbortSignal.timeout(Math.ceil(left(context)));
    try {
      this.#model = await connect(this.#config, new LinkedAbort(this.#cut.signal, deadline).signal);
      this.#model.on('error', () => {});
      return { note: this.server.isTls ? 'the certificate verifies' : 'not used (amqp)' };
    } catch (thrown) {
      const error = await explained(thrown, this.server);
      return error instanceof ExplainedError ? error.diagnosis : { problem: error.message };
    }
  }

  /** Checks exchanges and queue. It creates none of them, even where the producer would. */
  async topology({ topic }: CheckContext): Promise<LayerFinding> {
    const { declare } = this.#config;
    const parts = partsOf({ ...this.#config, declare: false });
    const there = new Set<string>();
    for (const part of parts) {
      const lacking = await missingOf(this.#model as ChannelModel, [part]);
      if (lacking === undefined) there.add(part.what);
      else if (!declare || codeIn(lacking.error) !== NOT_FOUND) return missing(lacking, this.server, false);
    }
    const other = declare ? await this.#declaredAgain(there) : undefined;
    if (other !== undefined) return missing(other, this.server, true);
    const absent = parts.find(({ what }) => !there.has(what));
    if (absent !== undefined) return { note: `${absent.what} is not there yet: the producer makes it` };
    return { note: [...there].join(', ') || 'none to look for', ...(await this.#taker(topic)) };
  }

  /** Declares the existing parts again. It changes nothing, and fails if a part has other properties. */
  #declaredAgain(there: ReadonlySet<string>): Promise<Missing | undefined> {
    const declared = partsOf(this.#config).filter(({ what }) => there.has(what));
    return missingOf(this.#model as ChannelModel, declared);
  }

  /** Checks the queue of a sample message. Only for the default exchange is it known which queue takes a message. */
  async #taker(topic: string): Promise<LayerFinding> {
    const { exchange, routingKey } = this.#addressOf(topic);
    if (exchange !== '') return {};
    const lacking = await missingOf(this.#model as ChannelModel, [queuePart(routingKey)]);
    return lacking === undefined ? {} : { warning: `there is no queue '${routingKey}': such messages are unroutable` };
  }

  #addressOf(topic: string): Address {
    return new Addressing(this.#config).of({ topic, key: Buffer.from('outspool-check'), isError: false });
  }

  /** Checks the permission to publish. It also learns whether RabbitMQ accepts messages at all now. */
  async mayPublish({ end, topic, signal: given }: CheckContext): Promise<LayerFinding> {
    const model = this.#model as ChannelModel;
    const deadline = AbortSignal.timeout(Math.max(Math.ceil(end - performance.now()), 1));
    const address = this.#addressOf(topic);
    return linked([given, deadline], async (signal) => {
      try {
        const answer = await askToPublish(model, address, signal);
        return 'refused' in answer ? permission(answer.refused, address) : heldUp(answer.blocked);
      } catch {
        return { problem: `${this.server.name} does not answer`, advice: 'see the log of RabbitMQ' };
      }
    });
  }

  async close(): Promise<void> {
    await this.#model?.close().catch(() => {});
    this.#cut.abort();
  }
}

const heldUp = (reason: string): LayerFinding => ({
  warning: `RabbitMQ takes no messages for now (${reason}): they wait until it does`,
});

function permission(error: Error, address: Address): LayerFinding {
  const what = exchangeOf(address);
  if (codeIn(error) === PRECONDITION_FAILED) return { note: `may publish to ${what}` };
  return codeIn(error) === NOT_FOUND ? { note: `${what} is not there yet` } : denied(error, address);
}
