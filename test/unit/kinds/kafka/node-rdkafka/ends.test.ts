import { expect } from 'chai';
import type { BindingProducer } from '../../../../../src/kinds/kafka/node-rdkafka/binding.ts';
import { endOffsets } from '../../../../../src/kinds/kafka/node-rdkafka/ends.ts';

const PLACES = [0, 1, 2].map((partition) => ({ topic: 't', partition, leader: String(partition % 2) }));
const open = new AbortController().signal;

describe('where partitions end, by node-rdkafka', () => {
  /** A client that knows the ends of these partitions. */
  function client(ends: Readonly<Record<number, number>>) {
    const calls = { ended: 0 };
    const producer = {
      queryWatermarkOffsets: (_topic: string, partition: number, _ms: number, done: (...answer: unknown[]) => void) =>
        partition in ends ? done(null, { lowOffset: 0, highOffset: ends[partition] }) : done(new Error('not leader')),
      disconnect: (_ms: number, done: () => void) => {
        calls.ended++;
        done();
      },
    } as unknown as BindingProducer;
    return { producer, calls };
  }

  it('is said of each, also where a broker does not say it of another, and the client is ended', async () => {
    const { producer, calls } = client({ 0: 5, 2: 0 });
    expect(await endOffsets(producer, PLACES, async () => {}, open)).to.deep.equal([5, 'unknown', 0]);
    expect(calls.ended).to.equal(1);
  });

  it('is not said where no broker answers, or the driver closes: it rejects, and the client is ended', async () => {
    for (const [closing, why] of [
      [open, 'no broker'],
      [AbortSignal.abort(), 'closed'],
    ] as const) {
      const { producer, calls } = client({});
      const connect = async (signal: AbortSignal) => {
        throw new Error(signal.aborted ? 'closed' : 'no broker');
      };
      const failed = await endOffsets(producer, PLACES, connect, closing).catch(({ message }) => message);
      expect([failed, calls.ended]).to.deep.equal([why, 1]);
    }
  });
});
