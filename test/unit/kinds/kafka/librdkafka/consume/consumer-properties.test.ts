import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { consumerProperties } from '../../../../../../src/kinds/kafka/librdkafka/consume/consumer-properties.ts';
import { binder, type Pointer } from '../../../../../../src/kinds/kafka/librdkafka/native/functions.ts';
import { loadNative } from '../../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import { temporaryDirectories } from '../../../../../support/temporary.ts';

const P = 'uint64_t';

/** Returns librdkafka's own table of its properties, which it writes into `file`. */
function tableOf(file: string): string {
  const { koffi, path } = loadNative();
  const libc = binder(koffi.load(null));
  const open = libc<(name: string, mode: string) => Pointer>('fopen', P, ['const char *', 'const char *']);
  const close = libc<(stream: Pointer) => number>('fclose', 'int', [P]);
  const show = binder(koffi.load(path))<(stream: Pointer) => void>('rd_kafka_conf_properties_show', 'void', [P]);
  const stream = open(file, 'w');
  show(stream);
  close(stream);
  return readFileSync(file, 'utf8');
}

/** By what the table says in its second column: C for consumers, P for producers, * for both. */
function propertiesOf(table: string, side: '*' | 'P'): Record<string, string> {
  const rows = table.split('\n');
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  return Object.fromEntries(cells.filter(([, of]) => of === side).map(([name]) => [name, `value of ${name}`]));
}

describe('the properties of a consumer that reads what a producer has sent', () => {
  const directory = temporaryDirectories();
  const properties = (side: '*' | 'P') => propertiesOf(tableOf(join(directory(), 'table')), side);

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
