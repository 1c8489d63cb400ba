import { BaseProducer, BaseProducerConfig, PermanentSendError } from 'outspool';
import { z } from 'zod';

export class WebhookProducer extends BaseProducer {
  static module = import.meta.url; // where the worker finds this class
  static config = BaseProducerConfig.extend({ url: z.url() });

  async _connect() {} // fetch connects when it is needed

  async _send(isError, message, signal) {
    const headers = { 'content-type': 'application/json', 'x-topic': message.topic, 'x-error': String(isError) };
    const response = await fetch(this.config.url, { method: 'POST', headers, body: message.value, signal });
    await response.arrayBuffer(); // read to its end, the connection serves the next message
    const failure = `${this.config.url} answered ${response.status}`;
    if (response.status >= 500) throw new Error(failure); // tried again
    if (!response.ok) throw new PermanentSendError(failure); // not tried again: a dead letter
  }

  async _close() {}
}
