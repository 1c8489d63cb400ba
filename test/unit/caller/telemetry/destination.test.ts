import { expect } from 'chai';
import { destinationOf, hostOf } from '../../../../src/caller/telemetry/destination.ts';
import { KafkaProducer } from '../../../../src/kinds/kafka/kafka-producer.ts';
import { RabbitmqProducer } from '../../../../src/kinds/rabbitmq/rabbitmq-producer.ts';

describe('the destination of spans', () => {
  it('is the kind and the host of its url, without user and password', () => {
    const url = 'amqps://user:secret@mq.example.com:5671/vhost';
    expect(destinationOf({ type: 'rabbitmq', url })).to.deep.equal({ system: 'rabbitmq', server: 'mq.example.com' });
    expect(destinationOf({ type: 'file', path: 'x' })).to.deep.equal({ system: 'file', server: undefined });
  });

  it('of RabbitMQ is named by exchange and routing key, in which keys of messages do not stand', () => {
    const named = (config: object, isError = false) =>
      RabbitmqProducer.destination({ type: 'rabbitmq', name: 'r', ...config }).name?.('orders', isError);
    expect(named({})).to.equal('orders');
    expect(named({ exchange: 'logs' })).to.equal('logs:orders');
    expect(named({ exchange: 'logs', routing_key: 'eu.{topic}.{key}' })).to.equal('logs:eu.orders.{key}');
    expect(named({ exchange: 'logs', error_exchange: 'errors', error_routing_key: 'x' }, true)).to.equal('errors:x');
    expect(named({ queue_name: 'jobs' })).to.equal('jobs');
    expect(named({ exchange: 'all', routing_key: '' })).to.equal('all');
    expect(named({ routing_key: '' })).to.equal('amq.default');
  });

  it('is the first bootstrap server of a Kafka producer', () => {
    const of = (servers: unknown) => KafkaProducer.destination({ bootstrap_servers: servers });
    expect(of('a.example.com:9092, b.example.com:9092')).to.deep.equal({ system: 'kafka', server: 'a.example.com' });
    expect(of(['b:9092', 'c:9092'])).to.deep.equal({ system: 'kafka', server: 'b' });
  });

  it('is no host where there is none', () => {
    for (const address of ['', '://', 'http://']) expect(hostOf(address), address).to.equal(undefined);
    expect(hostOf('[::1]:9092')).to.equal('[::1]');
  });
});
