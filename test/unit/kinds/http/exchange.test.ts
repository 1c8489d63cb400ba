import { expect } from 'chai';
import { Exchange } from '../../../../src/kinds/http/exchange.ts';

/** An exchange whose outcomes and aborts are written down. */
function rig() {
  const log: string[] = [];
  const exchange: Exchange = new Exchange(
    () => log.push('answered'),
    (error) => log.push(`failed: ${(error as Error).message}`),
  );
  const abort = (error?: Error) => {
    log.push('aborted');
    exchange.onError(error as Error);
  };
  return { exchange, log, connect: () => exchange.onConnect(abort) };
}

const pairs = (...texts: string[]) => texts.map((text) => Buffer.from(text, 'latin1'));

describe('an exchange', () => {
  it('has the status and the headers of the final answer, not of an interim one', () => {
    const { exchange, connect, log } = rig();
    connect();
    exchange.onHeaders(103, pairs('Retry-After', '1'));
    expect([exchange.status, exchange.header('retry-after')]).to.deep.equal([undefined, undefined]);
    exchange.onHeaders(503, pairs('Retry-After', '2', 'Via', 'a', 'via', 'b'));
    exchange.onComplete();
    expect(exchange.status).to.equal(503);
    expect(['retry-after', 'via', 'date'].map((name) => exchange.header(name))).to.deep.equal([
      '2',
      ['a', 'b'],
      undefined,
    ]);
    expect(log).to.deep.equal(['answered']);
  });

  it('keeps the beginning of a refusal, and nothing of a success', () => {
    for (const [status, length, isCut] of [
      [200, 0, false],
      [400, 16 * 1024, true],
    ] as const) {
      const { exchange, connect } = rig();
      connect();
      exchange.onHeaders(status, []);
      for (let part = 0; part < 3; part++) exchange.onData(Buffer.alloc(10_000));
      expect([exchange.kept.length, exchange.isCut]).to.deep.equal([length, isCut]);
    }
  });

  it('is answered before its connection is closed, where the answer is too long', () => {
    const { exchange, connect, log } = rig();
    connect();
    exchange.onHeaders(200, []);
    exchange.onData(Buffer.alloc(1024 * 1024));
    expect(log).to.deep.equal([]);
    exchange.onData(Buffer.alloc(1));
    expect(log.slice(0, 2)).to.deep.equal(['answered', 'aborted']);
  });

  it('that is cancelled ends at once where it has a connection, or else once it gets one', () => {
    const early = rig();
    early.exchange.expired();
    expect(early.log).to.deep.equal([]);
    early.connect();
    expect(early.log).to.deep.equal(['aborted', 'failed: deadline']);
    const late = rig();
    late.connect();
    late.exchange.cancel('abandoned');
    late.exchange.expired();
    expect(late.log.slice(0, 2)).to.deep.equal(['aborted', 'failed: abandoned']);
    expect(late.exchange.cancelled).to.equal('abandoned');
  });
});
