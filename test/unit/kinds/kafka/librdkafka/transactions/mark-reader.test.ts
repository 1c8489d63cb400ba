import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Ledger } from '../../../../../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { loadNative } from '../../../../../../src/kinds/kafka/librdkafka/native/load.ts';
import type { Native } from '../../../../../../src/kinds/kafka/librdkafka/native/native.ts';
import { readMarks } from '../../../../../../src/kinds/kafka/librdkafka/transactions/mark-reader.ts';

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
