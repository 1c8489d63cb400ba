import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Ledger } from '../../../../../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { loadNative } from '../../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import type { Native } from '../../../../../../src/kinds/kafka/librdkafka/native/native.ts';
import {
  consumerProperties,
  readMarks,
} from '../../../../../../src/kinds/kafka/librdkafka/transactions/mark-reader.ts';
import { REPOSITORY } from '../../../../../support/repository.ts';

/** librdkafka's own table of its properties. */
const TABLE = join(REPOSITORY, 'node_modules/node-rdkafka/deps/librdkafka/CONFIGURATION.md');

/** By what the table says in its second column: C for consumers, P for producers, * for both. */
function properties(side: '*' | 'P'): Record<string, string> {
  const rows = readFileSync(TABLE, 'utf8').split('\n');
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  return Object.fromEntries(cells.filter(([, of]) => of === side).map(([name]) => [name, `value of ${name}`]));
}

describe('the client that reads the mark of a transactional producer', () => {
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

const native = loadNative();
const UNSUPPORTED_FOR_THIS_OPERATION = 16;

/** The real library, but that no request leaves; `operation` takes the place of the one that is asked for. */
function reading(operation?: number) {
  const answers: number[] = [];
  const offsets = {
    ...native.offsets,
    optionsNew: (client: number, asked: number) => native.offsets.optionsNew(client, operation ?? asked),
    optionsStable: (options: number, value: number) => {
      const answer = native.offsets.optionsStable(options, value);
      answers.push(answer);
      return answer;
    },
  };
  const properties = { 'bootstrap.servers': '127.0.0.1:1', log_level: '0' };
  const options = { native: { ...native, offsets } as Native, ledger: new Ledger(), properties, group: 'g' };
  return { answers, read: () => readMarks(options, AbortSignal.timeout(50)).catch((error: Error) => error.message) };
}

describe('the request for the marks of a transactional producer', () => {
  it('asks for stable offsets, and librdkafka agrees: others could hide a transaction that has taken effect', async () => {
    const { answers, read } = reading();
    expect(await read()).to.contain('no broker answered');
    expect(answers).to.deep.equal([0]);
  });

  it('fails where librdkafka does not agree', async () => {
    expect(await reading(UNSUPPORTED_FOR_THIS_OPERATION).read()).to.match(/stable offsets: .*not supported/);
  });
});
