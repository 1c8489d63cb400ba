/** `/metrics`: the figures as Prometheus reads them, by the application's registry of prom-client or one of the endpoint's own. */

import { exportMetrics } from '../caller/metrics/exporter.ts';
import type { PromClient, PromRegistry } from '../caller/metrics/prom-client.ts';
import { asError } from '../shared/errors.ts';
import { loadSection } from '../shared/util/native-section.ts';
import { type Answer, json } from './answer.ts';
import type { Operated } from './operated.ts';

/** A registry that can be read. */
interface Registry extends PromRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
}

interface Module extends PromClient {
  readonly Registry: new () => Registry;
}

export type LoadPromClient = () => Promise<unknown>;

const installed: LoadPromClient = async () => (await import('prom-client')).default;

const NOT_INSTALLED = json(501, { error: "/metrics needs the package 'prom-client': npm install prom-client" });

export class MetricsPage {
  readonly #operated: Pick<Operated, 'producers' | 'metrics'>;
  readonly #load: LoadPromClient;
  #registry: Promise<Registry> | undefined;

  constructor(operated: Pick<Operated, 'producers' | 'metrics'>, load = installed) {
    this.#operated = operated;
    this.#load = load;
  }

  async answer(): Promise<Answer> {
    const registry = await this.#loaded();
    if (registry === undefined) return NOT_INSTALLED;
    return { status: 200, type: registry.contentType, body: await registry.metrics() };
  }

  /** Returns undefined if prom-client is not installed. */
  async #loaded(): Promise<Registry | undefined> {
    this.#registry ??= this.#make();
    try {
      return await this.#registry;
    } catch (error) {
      this.#registry = undefined; // it may be installed later
      const { code, message } = asError(error) as NodeJS.ErrnoException;
      if (code === 'ERR_MODULE_NOT_FOUND' && message.includes("'prom-client'")) return undefined;
      throw error;
    }
  }

  async #make(): Promise<Registry> {
    const { producers, metrics } = this.#operated;
    // The application's registry has its own metrics as well, and ours with its labels.
    if (metrics !== undefined) return (metrics.registry ?? metrics.client.register) as Registry;
    const client = (await loadSection(this.#load)) as Module;
    const registry = new client.Registry();
    exportMetrics({ client, registry }, producers);
    return registry;
  }
}
