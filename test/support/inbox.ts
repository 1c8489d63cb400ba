/** Messages that have arrived, by topic, for whoever takes them one by one. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedMessage } from '../../src/testing/contract.ts';

const STEP_MS = 5;

export class Inbox {
  readonly #byTopic = new Map<string, ReceivedMessage[]>();

  add(topic: string, message: ReceivedMessage): void {
    this.#byTopic.set(topic, [...(this.#byTopic.get(topic) ?? []), message]);
  }

  async take(topic: string, timeoutMs: number): Promise<ReceivedMessage> {
    for (let waited = 0; waited <= timeoutMs; waited += STEP_MS) {
      const message = this.#byTopic.get(topic)?.shift();
      if (message !== undefined) return message;
      await sleep(STEP_MS);
    }
    throw new Error(`no message on ${topic} within ${timeoutMs} ms`);
  }
}
