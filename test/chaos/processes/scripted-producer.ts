/**
 * A custom producer whose messages say themselves what becomes of them. What it was asked to do and what it has delivered
 * stands in a file, line by line, as files are what is left of a worker that dies.
 */

import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { BaseProducer } from '../../../src/caller/base-producer.ts';
import { BaseProducerConfig } from '../../../src/config/schema/base.ts';
import { PermanentSendError } from '../../../src/shared/errors.ts';
import type { Message } from '../../../src/shared/message/message.ts';

export interface Script {
  readonly id: number;
  /** So many attempts fail before it is delivered. */
  readonly failures: number;
  /** poison: no attempt can succeed; deadly: the first attempt ends the worker. */
  readonly fate: 'good' | 'poison' | 'deadly';
}

export class ScriptedProducer extends BaseProducer<typeof ScriptedProducer.config> {
  static override readonly module = import.meta.url;
  /** `path`: of what was delivered; `path`.down: while it is there, nothing can be reached. */
  static override readonly config = BaseProducerConfig.extend({ path: z.string() });
  readonly #failed = new Map<number, number>();

  get #isDown(): boolean {
    return existsSync(`${this.config.path}.down`);
  }

  async _connect(): Promise<void> {
    if (this.#isDown) throw new Error('nobody is there');
  }

  async _send(_isError: boolean, message: Message): Promise<void> {
    if (this.#isDown) throw new Error('nobody is there any more');
    const { id, failures, fate } = message.json() as unknown as Script;
    if (fate === 'poison') throw new PermanentSendError(`poison ${id}`);
    if (fate === 'deadly') this.#dieOnce(id);
    const failed = this.#failed.get(id) ?? 0;
    this.#failed.set(id, failed + 1);
    if (failed < failures) throw new Error(`not now: ${id}`);
    appendFileSync(this.config.path, `${id}\n`);
  }

  #dieOnce(id: number): void {
    try {
      writeFileSync(`${this.config.path}.died-${id}`, '', { flag: 'wx' });
    } catch {
      return; // that was its predecessor
    }
    process.exit(9);
  }

  async _close(): Promise<void> {}
}
