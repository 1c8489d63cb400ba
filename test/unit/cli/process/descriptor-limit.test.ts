import { expect } from 'chai';
import { parseLimit, tooFew } from '../../../../src/cli/process/descriptor-limit.ts';
import { descriptorsFor } from '../../../../src/cli/process/descriptor-need.ts';
import type { LoadedProducer, LoadedSource } from '../../../../src/config/load.ts';

const producer = (kind: string, config: object = {}) => ({ kind, config }) as unknown as LoadedProducer;
const source = (config: object) => ({ config }) as unknown as LoadedSource;

describe('the descriptor limit', () => {
  const LIMITS =
    'Limit   Soft Limit   Hard Limit   Units\nMax processes   1   2   processes\nMax open files            1024                 4096                 files\n';
  it('is the soft one of /proc/self/limits', () => {
    expect(parseLimit(LIMITS)).to.equal(1024);
    expect(parseLimit('Max open files            unlimited            unlimited            files\n')).to.equal(
      undefined,
    );
    expect(parseLimit('')).to.equal(undefined);
  });

  it('is too low from one below what is needed, and is named with that and with what to do', () => {
    expect(tooFew(170, 170)).to.equal(undefined);
    expect(tooFew(169, 170)).to.match(
      /may open 169 descriptors .* needs some 170: raise the limit to 256 \(ulimit -n 256,/,
    );
  });
});

/** Measured after 2000 messages each, without the modules that a starting worker has open. */
const MEASURED: Readonly<Record<string, readonly [producer: LoadedProducer, descriptors: number]>> = {
  'a memory producer': [producer('memory'), 0],
  'a memory producer with a spool': [producer('memory', { queue: { spool: { path: 's' } } }), 3],
  'a file producer': [producer('file'), 5],
  'an HTTP producer': [producer('http', { max_in_flight: 1 }), 6],
  'a Kafka producer': [producer('kafka', { bootstrap_servers: 'a:1' }), 12],
  'a transactional Kafka producer': [producer('kafka', { bootstrap_servers: 'a:1', transactional_id: 't' }), 15],
};

describe('what a configuration needs of descriptors', () => {
  for (const [name, [one, measured]] of Object.entries(MEASURED))
    it(`covers what ${name} has open`, () => expect(descriptorsFor([one])).to.be.at.least(measured));

  const more = (a: LoadedProducer, b: LoadedProducer) => descriptorsFor([a]) - descriptorsFor([b]);

  it('grows with connections, brokers, spools, dead-letter files and producers', () => {
    expect(more(producer('http', { max_in_flight: 256 }), producer('http', { max_in_flight: 1 }))).to.equal(255);
    const servers = (bootstrap_servers: unknown) => producer('kafka', { bootstrap_servers });
    expect(more(servers('a:1,b:1,c:1,d:1'), servers('a:1'))).to.be.at.least(12);
    expect(more(servers(['a:1', 'b:1']), servers('a:1,b:1'))).to.equal(0);
    expect(more(producer('file', { queue: { spool: {} } }), producer('file'))).to.equal(3);
    expect(more(producer('file', { dead_letter: { file: 'l' } }), producer('file'))).to.equal(2);
    expect(descriptorsFor([producer('file'), producer('file')])).to.equal(2 * descriptorsFor([producer('file')]));
    expect(descriptorsFor([producer('custom')])).to.be.greaterThan(descriptorsFor([producer('stdout')]));
  });

  it('has all connections of a listener, and the files of a followed one', () => {
    expect(descriptorsFor([], [source({ type: 'http', max_connections: 5000 })])).to.equal(5001);
    expect(descriptorsFor([], [source({ type: 'file' }), source({ type: 'stdin' })])).to.equal(5);
  });
});
