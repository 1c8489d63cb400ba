import { expect } from 'chai';
import type { NativeReport } from '../../../../../../src/kinds/kafka/librdkafka/native/report-reader.ts';
import { RefusedSet } from '../../../../../../src/kinds/kafka/librdkafka/send/refused-set.ts';

const BYSTANDER = -138;
/** What the set was refused with. */
const SET = 32;

/** What comes of a set whose reports have these codes: at once, and when it is complete. */
function readSet(codes: readonly number[]) {
  const set = new RefusedSet<NativeReport>();
  const report: NativeReport = { batchId: 1, index: 0, code: 0, partition: 0, offset: -1, address: 0 };
  const atOnce: number[] = [];
  for (const [index, code] of codes.entries())
    if (!set.hold(Object.assign(report, { index, code }))) atOnce.push(index);
  const later: NativeReport[] = [];
  set.release(SET, (one) => later.push(one));
  set.release(SET, () => expect.fail('twice'));
  return {
    atOnce,
    order: later.map(({ index }) => index),
    codes: later.map(({ code }) => code),
    named: later.filter((one) => one.isNamed).map((one) => one.index),
  };
}

describe('the reports of a refused set', () => {
  for (const code of [32, 87]) {
    it(`show which messages the broker has named, where others are bystanders: ${code}`, () => {
      const read = readSet([BYSTANDER, code, BYSTANDER, code]);
      expect(read).to.deep.equal({
        atOnce: [],
        order: [0, 1, 2, 3],
        codes: [BYSTANDER, SET, BYSTANDER, SET],
        named: [1, 3],
      });
    });

    it(`name none where all have one code: ${code}`, () => {
      expect(readSet([code, code, code])).to.deep.equal({
        atOnce: [],
        order: [0, 1, 2],
        codes: [code, code, code],
        named: [],
      });
    });
  }

  it('of another kind do not wait', () => {
    expect(readSet([10, -152, 45, -195])).to.deep.equal({ atOnce: [0, 1, 2, 3], order: [], codes: [], named: [] });
  });
});
