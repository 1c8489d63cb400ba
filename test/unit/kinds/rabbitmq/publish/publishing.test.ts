import { expect } from 'chai';
import { propertiesOf } from '../../../../../src/kinds/rabbitmq/publish/publishing.ts';
import { PermanentSendError } from '../../../../../src/shared/errors.ts';
import { Message } from '../../../../../src/shared/message/message.ts';

const SETTINGS = { persistent: true, mandatory: true, content_type: undefined };

const tableWith = (header: string, parts: Partial<Message> = {}) => {
  const headers: Message['headers'] = [[header, Buffer.from('true')]];
  const plain = { topic: 't', key: null, value: Buffer.from('1'), partition: null, timestamp: null, isError: false };
  return propertiesOf(new Message({ ...plain, ...parts, headers }), SETTINGS).headers;
};

describe('the headers of a message in AMQP', () => {
  for (const name of ['outspool-key', 'outspool-tombstone', 'outspool-header-order', 'timestamp_in_ms'])
    it(`cannot have ${name} from the message itself`, () => {
      const words = `cannot have a header '${name}'`;
      expect(() => tableWith(name)).to.throw(PermanentSendError, words);
      expect(() => tableWith(name, { key: Buffer.from('k'), value: null, timestamp: 1 })).to.throw(
        PermanentSendError,
        words,
      );
    });

  it('may have any other, also those of errors and dead letters', () => {
    for (const name of ['outspool-is-error', 'outspool-letter-id', 'outspool-topic', 'Timestamp_in_ms'])
      expect(tableWith(name)).to.deep.equal({ [name]: 'true' });
  });
});
