/** What outlives the victims: a broker, the library, and the spool that each of them finds. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import type { Event, Orders } from './processes/orders.ts';
import { build, type SeenCall, seenCalls, shimEnv } from './shim.ts';

/** Nothing listens there: what its spool holds stays. */
const NOWHERE = '127.0.0.1:1';

export const scriptOf = (name: string): string => fileURLToPath(new URL(`processes/${name}.js`, import.meta.url));

export class World implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'outspool-faults-'));
  readonly library = build(this.directory);
  /** What a predecessor was promised; each victim must deliver it. */
  readonly inherited: string[] = [];
  /** The calls of the life in which the spool was made. */
  predecessor: readonly SeenCall[] = [];
  readonly #kafka: EmbeddedKafka;
  #lives = 0;

  private constructor(kafka: EmbeddedKafka) {
    this.#kafka = kafka;
    process.once('exit', this.#remove);
  }

  /** Also when the harness itself is ended. */
  readonly #remove = (): void => rmSync(this.directory, { recursive: true, force: true });

  static async create(): Promise<World> {
    const world = new World(await EmbeddedKafka.start());
    await world.#leaveSpool();
    return world;
  }

  get #template(): string {
    return join(this.directory, 'template');
  }

  async #leaveSpool(): Promise<void> {
    const root = this.#template;
    mkdirSync(join(root, 'parent'), { recursive: true });
    const orders: Orders = { bootstrapServers: NOWHERE, topic: 'none', root };
    const log = join(this.directory, 'predecessor.calls');
    const env = { ...process.env, OUTSPOOL_VICTIM: JSON.stringify(orders), ...shimEnv({ ...this, log, root }) };
    const child = spawn(process.execPath, [scriptOf('predecessor')], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(child, 'close');
    for await (const line of createInterface(child.stdout)) {
      const event = JSON.parse(line) as Event;
      if (event.event === 'confirmed') this.inherited.push(event.id);
    }
    const [code, signal] = await ended;
    if (signal !== 'SIGKILL') throw new Error(`the predecessor ended with ${signal ?? code}`);
    this.predecessor = seenCalls(log);
  }

  /** A directory with the spool in it, and a topic, for one life. */
  next(): Orders & { readonly directory: string } {
    const life = this.#lives++;
    const directory = join(this.directory, `life-${life}`);
    const root = join(directory, 'files');
    cpSync(this.#template, root, { recursive: true });
    return { directory, root, topic: `life-${life}`, bootstrapServers: this.#kafka.bootstrapServers };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kafka.stop();
    process.off('exit', this.#remove);
    this.#remove();
  }
}
