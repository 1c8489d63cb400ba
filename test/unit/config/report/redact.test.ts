import { expect } from 'chai';
import { quote } from '../../../../src/config/report/redact.ts';
import { validateConfig } from '../../../../src/config/validate.ts';
import { KafkaProducerConfig } from '../../../../src/kinds/kafka/schema.ts';

describe('how a wrong value is shown', () => {
  const SHOWN: readonly (readonly [text: string, shown: string])[] = [
    ['me:hunter2@localhost:9092', "'***@localhost:9092'"],
    ['hunter2@localhost:9092', "'***@localhost:9092'"],
    ['a:9092,me:hunt,er2@b:9092', "'***@b:9092'"],
    ['me:hunter2@localhost', "'***@localhost'"],
    ['SASL_SSL://me:hun/t@er2@b:9092', "'SASL_SSL://***@b:9092'"],
    ['http://u:hunter2@ x', "'http://***@ x'"],
    ['orders@home', "'orders@home'"],
    ['http://x.example/@me', "'http://x.example/@me'"],
    ['localhost:9092', "'localhost:9092'"],
    ['Bearer hunter2', "'Bearer ***'"],
    ['X-Api-Key: hunter2', "'X-Api-Key: ***'"],
    ['password=hunter2', "'password=***'"],
    ['amqp://localhost/a?pw=hunter2&heartbeat=5', "'amqp://localhost/a?pw=***&heartbeat=***'"],
    ['amqp://localhost/a?pw=hunter 2&heartbeat=5', "'amqp://localhost/a?pw=***&heartbeat=***'"],
    ['/a?pw=my secret', "'/a?pw=***'"],
    ['bearer of news', "'bearer ***'"],
    ['orders: 5', "'orders: 5'"],
  ];
  for (const [text, shown] of SHOWN)
    it(`${text} as ${shown}`, () => {
      expect(quote(text)).to.equal(shown);
    });

  it('hides what stands before a server, in a text and in a list', () => {
    const secret = 'me:hunter2secret@localhost:9092';
    for (const servers of [secret, [secret], `a:1,${secret}`]) {
      const config = { type: 'kafka', name: 'a', bootstrap_servers: servers };
      expect(() => validateConfig(KafkaProducerConfig, config))
        .to.throw(/host:port/)
        .with.property('message')
        .that.contains('***@localhost:9092')
        .and.does.not.contain('hunter2');
    }
  });
});
