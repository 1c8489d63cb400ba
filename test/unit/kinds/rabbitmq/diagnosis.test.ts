import { expect } from 'chai';
import { diagnose } from '../../../../src/kinds/rabbitmq/diagnosis.ts';
import type { RabbitmqConfig } from '../../../../src/kinds/rabbitmq/schema.ts';
import { serverOf } from '../../../../src/kinds/rabbitmq/server.ts';

describe('a user that RabbitMQ refuses', () => {
  const refused = (config: Partial<RabbitmqConfig>) =>
    diagnose('Handshake terminated by server: 403', serverOf(config as RabbitmqConfig));

  it('is one to check where it is written: in the url, or in settings of its own', () => {
    const found = (setting: string, advice: string) => ({
      layer: 'sasl',
      problem: 'h:5672 refuses the user name or the password',
      advice,
      setting,
    });
    expect(refused({ url: 'amqp://foo:bar@h' })).to.deep.equal(found('url', "check the user and password in 'url'"));
    const named = { url: 'amqp://h', username: 'foo', password: 'bar' };
    expect(refused(named)).to.deep.equal(found('password', "check 'username' and 'password'"));
  });
});
