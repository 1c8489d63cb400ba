import { inspect } from 'node:util';
import { expect } from 'chai';
import { HttpProducer } from '../../src/index.ts';

describe('a producer that is logged', () => {
  const PASSWORD = 'hunter2-hunter2';
  const producer = new HttpProducer({
    type: 'http',
    name: 'h',
    url: `http://127.0.0.1:9/?token=${PASSWORD}`,
    headers: { authorization: `Bearer ${PASSWORD}` },
  });
  after(() => producer.shutdown(0));

  for (const [name, text] of Object.entries({
    'by console.log': () => inspect(producer, { depth: 10 }),
    'in a list': () => inspect([{ producer }], { depth: 10 }),
    'as JSON': () => JSON.stringify({ producer }),
  }))
    it(`shows its name and no secret ${name}`, () => {
      expect(text()).to.contain('h').and.not.to.contain(PASSWORD);
      expect(text()).to.contain('***');
    });
});
