// A producer of your own: three hooks, which run on a worker thread, and a schema for what its YAML may say.
import { open } from 'node:fs/promises';
import { BaseProducer, BaseProducerConfig } from 'outspool';
import { z } from 'zod';

export class AuditFile extends BaseProducer {
  static module = import.meta.url; // where the worker finds this class
  static config = BaseProducerConfig.extend({ path: z.string() });

  async _connect() {
    this.file = await open(this.config.path, 'a');
  }

  // Delivered when it resolves; a rejection is retried, and after `max_retries` comes `_close`, `_connect` and a back-off.
  async _send(isError, message) {
    const line = { topic: message.topic, isError, value: message.json() };
    await this.file.appendFile(`${JSON.stringify(line)}\n`);
  }

  async _close() {
    await this.file?.close();
  }
}
