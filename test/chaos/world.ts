/** What outlives the producers of a run: broker, network, disk, consumer, and the evidence. */

import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Arrivals } from './arrivals.ts';
import type { Outcome } from './audit.ts';
import { type Broker, type BrokerKind, startBroker } from './broker.ts';
import { Child } from './children.ts';
import { Disk } from './disk.ts';
import { Ledger } from './ledger.ts';
import { Network } from './network.ts';
import type { Disturbance } from './plan.ts';
import { Sends } from './sends.ts';
import { type Mutant, snapshot } from './snapshot.ts';

export interface WorldOptions {
  readonly broker: BrokerKind;
  readonly mutant?: Mutant | undefined;
}

export class World {
  readonly directory: string;
  /** stderr of all processes. */
  readonly log: number;
  readonly ledger: Ledger;
  readonly disk: Disk;
  readonly arrivals = new Arrivals();
  readonly sends = new Sends();
  readonly withdrawn: number[] = [];
  readonly books = new Set<string>();
  outcome: Outcome | undefined;
  readonly #ends: (() => unknown)[] = [];
  #broker: Broker | undefined;
  #network: Network | undefined;
  #consumer: Child | undefined;

  private constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'outspool-chaos-'));
    this.log = openSync(this.logPath, 'a');
    this.ledger = new Ledger(join(this.directory, 'ledger'));
    this.disk = new Disk(join(this.directory, 'disk'));
    this.#ends.push(() => this.disk.remove());
  }

  static async create(options: WorldOptions): Promise<World> {
    const world = new World();
    try {
      await world.#begin(options);
      return world;
    } catch (error) {
      await world.end();
      throw error;
    }
  }

  async #begin({ broker: kind, mutant }: WorldOptions): Promise<void> {
    mkdirSync(join(this.directory, 'js'));
    snapshot(join(this.directory, 'js'), mutant);
    const broker = await startBroker(kind, this);
    this.#broker = broker;
    this.#ends.unshift(() => broker.stop());
    const network = await Network.start(broker.bootstrapServers);
    this.#network = network;
    this.#ends.unshift(() => network.stop());
    this.#consumer = await this.#consume(broker);
  }

  async #consume({ bootstrapServers, topic, partitions }: Broker): Promise<Child> {
    const consumer = new Child(this.script('consumer'), [bootstrapServers, topic, `${partitions}`], { log: this.log });
    this.#ends.unshift(() => consumer.kill());
    const reading = consumer.firstLine();
    consumer.lines(1, (lines) => {
      for (const line of lines) this.arrivals.take(line);
    });
    await reading;
    return consumer;
  }

  get broker(): Broker {
    return this.#there(this.#broker);
  }

  get network(): Network {
    return this.#there(this.#network);
  }

  #there<T>(part: T | undefined): T {
    if (part === undefined) throw new Error('the world has not begun');
    return part;
  }

  get spool(): string {
    return join(this.disk.path, 'spool');
  }

  get letters(): string {
    return join(this.directory, 'letters.ndjson');
  }

  get logPath(): string {
    return join(this.directory, 'processes.log');
  }

  /** A process's program in the snapshot. */
  script(name: string): string {
    return join(this.directory, 'js/test/chaos/processes', `${name}.js`);
  }

  /** Returns false where there is nothing to disturb. */
  begin(disturbance: Disturbance): boolean {
    if (disturbance === 'full disk' && this.disk.missing !== undefined) return false;
    if (disturbance === 'full disk') this.disk.fill();
    else if (disturbance === 'broker down') this.#broker?.down();
    else if (disturbance === 'cut') this.network.cut();
    else this.network.begin(disturbance);
    return true;
  }

  mend(disturbance: Disturbance): void {
    if (disturbance === 'full disk') this.disk.clear();
    else if (disturbance === 'broker down') this.#broker?.up();
    else if (disturbance === 'cut') this.network.cut();
    else this.network.mend();
  }

  /** Resolves when the consumer has read everything that is there. @throws when the broker had forgotten some of it */
  async consumed(): Promise<void> {
    const consumer = this.#there(this.#consumer);
    consumer.say('end');
    const how = await consumer.ended;
    if (how !== 0) throw new Error(`the consumer ended with ${how}`);
    const { gaps } = this.arrivals;
    if (gaps.length > 0) throw new Error(`the broker forgot messages before they were read: ${gaps[0]}`);
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end();
    this.ledger.close();
    closeSync(this.log);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
