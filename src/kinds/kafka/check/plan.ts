/** The steps of `check()` for a Kafka producer, each asked so that it is told apart from the others. */

import type { CheckContext, CheckPlan, CheckStep, LayerFinding } from '../../../caller/check/check.ts';
import { asError } from '../../../shared/errors.ts';
import type { KafkaDriverOptions } from '../driver.ts';
import { ExplainedError } from '../explain/explain.ts';
import { type Properties, protocolOf, serversOf, wantsSasl } from '../explain/servers.ts';
import { withoutStrangers } from '../explain/strangers.ts';
import type { TopicAnswer } from '../librdkafka/inspect/describe-topic.ts';
import { Inquiry } from '../librdkafka/inspect/inquiry.ts';
import { Bootstrap, share } from './bootstrap.ts';
import { throttledFinding } from './throttled.ts';
import { authorisationFinding, metadataFinding } from './topic.ts';
import { rightsFinding } from './transactional.ts';

/** The plan with node-rdkafka only. The layers above TLS are checked together by connecting, in the step `connect`. */
export function planWithout({ properties }: KafkaDriverOptions, connect: CheckStep): CheckPlan {
  return { steps: [...new Bootstrap(properties).steps, connect], close: async () => {} };
}

export function planWithLibrdkafka(options: KafkaDriverOptions): CheckPlan {
  const bootstrap = new Bootstrap(options.properties);
  const above = new AboveTls(options, bootstrap);
  const steps: CheckStep[] = [
    ...bootstrap.steps,
    { layer: 'sasl', run: (context) => above.sasl(context) },
    { layer: 'metadata', run: (context) => above.metadata(context) },
    { layer: 'authorisation', run: (context) => above.authorisation(context) },
  ];
  return { steps, close: () => above.close() };
}

/** Checks the layers that need a Kafka client. */
class AboveTls {
  readonly #options: KafkaDriverOptions;
  readonly #bootstrap: Bootstrap;
  #inquiry: Inquiry | undefined;
  #answer: TopicAnswer;

  constructor(options: KafkaDriverOptions, bootstrap: Bootstrap) {
    this.#options = options;
    this.#bootstrap = bootstrap;
  }

  /** Lets librdkafka connect, authenticate and ask for metadata at once. If that fails, the explanation names the layer. */
  async sasl({ end, signal }: CheckContext): Promise<LayerFinding> {
    // librdkafka would spend a second on each server that has already failed.
    const properties: Properties = { ...this.#options.properties, 'bootstrap.servers': this.#bootstrap.passed };
    const connectTimeoutMs = Math.max(end - performance.now(), 1);
    try {
      this.#inquiry = new Inquiry(await withoutStrangers({ ...this.#options, properties, connectTimeoutMs }));
      await this.#inquiry.connected(signal ?? new AbortController().signal);
      const mechanism = properties['sasl.mechanisms'] ?? properties['sasl.mechanism'];
      return { note: wantsSasl(properties) ? `${mechanism}` : `not used (${protocolOf(properties)})` };
    } catch (error) {
      const layer = wantsSasl(properties) ? 'sasl' : 'metadata';
      return { layer, problem: asError(error).message, ...(error instanceof ExplainedError && error.diagnosis) };
    }
  }

  async metadata({ topic, end }: CheckContext): Promise<LayerFinding> {
    const [answer, settings = {}] = await Promise.all([
      this.#inquiry?.describe(topic, end),
      this.#inquiry?.settings(topic, share(end)),
    ]);
    this.#answer = answer;
    const properties = { ...this.#options.properties, ...this.#options.topicProperties };
    const advertised = this.#inquiry?.advertised(serversOf(properties));
    const finding = await metadataFinding(topic, answer, { properties, settings, end, advertised });
    return throttledFinding(finding, this.#inquiry?.throttled());
  }

  async authorisation({ topic, end }: CheckContext): Promise<LayerFinding> {
    const { properties } = this.#options;
    const transactionalId = properties['transactional.id'];
    const ofTopic = authorisationFinding(topic, this.#answer, transactionalId !== undefined);
    if (transactionalId === undefined || ofTopic.problem !== undefined) return ofTopic;
    const connect = () => this.#bootstrap.connect(end);
    const { note, ...rights } = await rightsFinding({ transactionalId, properties, end: share(end), connect });
    return { ...(note !== undefined && { note: `${ofTopic.note}; ${note}` }), ...rights };
  }

  async close(): Promise<void> {
    await this.#inquiry?.close();
  }
}
