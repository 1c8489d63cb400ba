import { expect } from 'chai';
import { check } from '../../../../src/config/report/findings.ts';
import { HttpFields } from '../../../../src/kinds/http/fields.ts';
import { KafkaFields } from '../../../../src/kinds/kafka/fields.ts';
import { RabbitmqFields } from '../../../../src/kinds/rabbitmq/fields.ts';

const KAFKA = { type: 'kafka', name: 'orders' };

/** An unknown key as other clients write it, or in the wrong mapping, and what it is taken for. */
const HINTS: readonly [schema: typeof KafkaFields | typeof HttpFields, written: object, hint: string][] = [
  [KafkaFields, { brokers: 'a:9092' }, "unknown key 'brokers' (did you mean 'bootstrap_servers'?)"],
  [KafkaFields, { 'bootstrap.servers': 'a:1' }, "unknown key 'bootstrap.servers' (did you mean 'bootstrap_servers'?)"],
  [KafkaFields, { sasl_password: 'x' }, "unknown key 'sasl_password' (did you mean 'password'?)"],
  [KafkaFields, { 'sasl.username': 'x' }, "unknown key 'sasl.username' (did you mean 'username'?)"],
  [KafkaFields, { 'message.max.bytes': 1 }, "unknown key 'message.max.bytes' (did you mean 'max_message_bytes'?)"],
  [KafkaFields, { 'ssl.ca.location': 'x' }, "unknown key 'ssl.ca.location' (did you mean 'ssl_cafile'?)"],
  [KafkaFields, { retries: 3 }, "unknown key 'retries' (did you mean 'max_retries'?)"],
  [KafkaFields, { maxRetries: 3 }, "unknown key 'maxRetries' (did you mean 'max_retries'?)"],
  [KafkaFields, { retryBackoffMs: 3 }, "unknown key 'retryBackoffMs' (did you mean 'backoff_seconds'?)"],
  [KafkaFields, { dlq: 'x' }, "unknown key 'dlq' (did you mean 'dead_letter'?)"],
  [KafkaFields, { timeout: 3 }, "unknown key 'timeout' (did you mean 'attempt_timeout_seconds'?)"],
  [HttpFields, { url: 'http://a', timeout: 3 }, "unknown key 'timeout' (did you mean 'request_timeout'?)"],
  [HttpFields, { url: 'http://a', endpoint: 'x' }, "unknown key 'endpoint' (did you mean 'url'?)"],
  [RabbitmqFields as never, { host: 'x' }, "unknown key 'host' (did you mean 'url'?)"],
  [KafkaFields, { when_full: 'reject' }, "unknown key 'when_full' (it belongs under 'queue')"],
  [KafkaFields, { queue: { max_retries: 1 } }, "unknown key 'max_retries' (it belongs next to 'queue')"],
  [KafkaFields, { queue: { sync: '1s' } }, "unknown key 'sync' (it belongs under 'spool')"],
  [KafkaFields, { colour: 'red' }, "unknown key 'colour'"],
];

describe('an unknown key', () => {
  for (const [schema, written, message] of HINTS)
    it(`is reported as ${message}`, () => {
      const { findings } = check(schema, { ...KAFKA, type: schema.shape.type.value, ...written });
      expect(findings.map((finding) => finding.message)).to.deep.equal([message]);
    });
});
