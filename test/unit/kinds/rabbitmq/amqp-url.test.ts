import { expect } from 'chai';
import { parseAmqpUrl } from '../../../../src/kinds/rabbitmq/amqp-url.ts';

describe('an AMQP URL', () => {
  it('names what it has, and leaves out what it has not', () => {
    expect(parseAmqpUrl('amqp://h')).to.deep.equal({ isTls: false, host: 'h', port: 5672 });
    expect(parseAmqpUrl('amqp://u@h/v')).to.deep.equal({
      ...{ isTls: false, host: 'h', port: 5672 },
      ...{ username: 'u', password: '', vhost: 'v' },
    });
    expect(parseAmqpUrl('amqps://u:p@[::1]:7/')).to.deep.equal({
      ...{ isTls: true, host: '::1', port: 7 },
      ...{ username: 'u', password: 'p' },
    });
  });

  for (const wrong of ['', 'h:5672', 'http://h', 'amqp://', 'amqp://h?heartbeat=5', 'amqp://h#a', 'amqp://h/%'])
    it(`is not '${wrong}'`, () => {
      expect(parseAmqpUrl(wrong)).to.equal(undefined);
    });
});
