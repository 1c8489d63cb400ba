/** Where a message goes in RabbitMQ, and whom the settings say it comes from. */

import { expect } from 'chai';
import { Addressing } from '../../../../src/kinds/rabbitmq/addressing.ts';
import type { RabbitmqConfig } from '../../../../src/kinds/rabbitmq/schema.ts';
import { serverOf } from '../../../../src/kinds/rabbitmq/server.ts';
import { PermanentSendError } from '../../../../src/shared/errors.ts';

type Settings = ConstructorParameters<typeof Addressing>[0];

const ORDERS = { topic: 'orders', key: Buffer.from('k'), isError: false };
const to = (settings: Settings, message: Partial<typeof ORDERS | { key: null }> = {}) => {
  const { exchange, routingKey } = new Addressing(settings).of({ ...ORDERS, ...message });
  return `${exchange}/${routingKey}`;
};

describe('the address of a message in AMQP', () => {
  it('is its topic, a queue or a template, and another one for errors', () => {
    expect(to({})).to.equal('/orders');
    expect(to({ queue_name: 'q' })).to.equal('/q');
    expect(to({ exchange: 'e', queue_name: 'q' })).to.equal('e/orders');
    expect(to({ exchange: 'e', routing_key: '{topic}.{key}.{topic}' })).to.equal('e/orders.k.orders');
    const errors: Settings = { exchange: 'e', routing_key: 'r', error_exchange: 'f', error_routing_key: 's.{key}' };
    expect(to(errors)).to.equal('e/r');
    expect(to(errors, { isError: true })).to.equal('f/s.k');
    expect(to({ exchange: 'e', routing_key: 'r' }, { isError: true })).to.equal('e/r');
  });

  it('needs a key that is text where the template holds it, and at most 255 bytes', () => {
    const byKey: Settings = { routing_key: '{key}' };
    expect(() => to(byKey, { key: null })).to.throw(PermanentSendError, 'and the message has none');
    expect(() => to(byKey, { key: Buffer.from([0xff]) })).to.throw(PermanentSendError, 'not UTF-8');
    expect(to(byKey, { key: Buffer.from('ä'.repeat(127)) })).to.have.length(128);
    expect(to({}, { topic: 'x'.repeat(255) })).to.have.length(256);
    expect(() => to({}, { topic: 'x'.repeat(256) })).to.throw(PermanentSendError, 'longer than 255 bytes');
  });
});

describe('the server of a RabbitMQ producer', () => {
  const server = (config: Partial<RabbitmqConfig>) => serverOf(config as RabbitmqConfig);

  it('is what the URL says, unless a setting of its own does', () => {
    const parsed = server({ url: 'amqps://u%40:p%2F@h:1/v%2F' });
    expect(parsed).to.deep.equal({
      ...{ isTls: true, host: 'h', port: 1, name: 'h:1' },
      ...{ username: 'u@', password: 'p/', isUserInUrl: true, vhost: 'v/' },
    });
    const settings = { username: 'a', password: 'b', vhost: 'c' };
    expect(server({ url: 'amqp://u:p@h/v', ...settings })).to.include(settings);
  });

  it('has the defaults of AMQP', () => {
    expect(server({ url: 'amqp://[::1]' })).to.deep.equal({
      ...{ isTls: false, host: '::1', port: 5672, name: '[::1]:5672' },
      ...{ username: 'guest', password: 'guest', isUserInUrl: false, vhost: '/' },
    });
    expect(server({ url: 'amqps://h/' })).to.include({ port: 5671, vhost: '/' });
  });
});
