import { BaseProducer, BaseProducerConfig, PermanentSendError } from 'outspool';
import { z } from 'zod';

export class WebhookProducer extends BaseProducer {
  static module = import.meta.url; // where the worker finds this class
  static config = BaseProducerConfig.extend({ url: z.url() });

  async _connect() {} // fetch connects when it is needed

  async _send(_isError, message, signal) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': message.id };
    const body = JSON.stringify(message); // topic, key, value, headers, …
    const response = await fetch(this.config.url, { method: 'POST', headers, body, signal });
    await response.arrayBuffer(); // read to its end, the connection serves the next message
    const failure = `the webhook answered ${response.status}`;
    if (response.status >= 500) throw new Error(failure); // tried again
    if (!response.ok) throw new PermanentSendError(failure); // not tried again: a dead letter
  }

  async _close() {}
}
