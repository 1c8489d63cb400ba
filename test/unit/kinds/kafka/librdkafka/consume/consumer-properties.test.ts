import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { consumerProperties } from '../../../../../../src/kinds/kafka/librdkafka/consume/consumer-properties.ts';
import { REPOSITORY } from '../../../../../support/repository.ts';

/** librdkafka's own table of its properties. */
const TABLE = join(REPOSITORY, 'node_modules/node-rdkafka/deps/librdkafka/CONFIGURATION.md');

/** By what the table says in its second column: C for consumers, P for producers, * for both. */
function properties(side: '*' | 'P'): Record<string, string> {
  const rows = readFileSync(TABLE, 'utf8').split('\n');
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  return Object.fromEntries(cells.filter(([, of]) => of === side).map(([name]) => [name, `value of ${name}`]));
}

describe('the properties of a consumer that reads what a producer has sent', () => {
  it('has every property that librdkafka has for clients of both kinds, so that it reaches what the producer reaches', () => {
    const both = properties('*');
    expect(both).to.include.keys('https.ca.location', 'sasl.oauthbearer.token.endpoint.url', 'ssl.ca.pem');
    expect(consumerProperties(both, 'g')).to.deep.equal({ ...both, 'group.id': 'g' });
  });

  it('has none that only a producer has, of which a consumer warns', () => {
    const producers = properties('P');
    expect(producers).to.include.keys('transactional.id', 'linger.ms');
    expect(consumerProperties(producers, 'g')).to.deep.equal({ 'group.id': 'g' });
  });

  it('reads its own group, whatever the configuration says', () => {
    expect(consumerProperties({ 'group.id': 'other' }, 'g')).to.deep.equal({ 'group.id': 'g' });
  });
});
