import { expect } from 'chai';
import { errorText } from '../../../src/shared/error-text.ts';
import { ConnectError } from '../../../src/shared/errors.ts';
import { fromWire, toWire } from '../../../src/shared/wire-error.ts';

const REFUSED = 'connect ECONNREFUSED 127.0.0.1:9999';

describe('the text of an error', () => {
  const fetchFailed = () => new TypeError('fetch failed', { cause: new Error(REFUSED) });

  it('is followed by the cause that its message leaves out', () => {
    expect(errorText(fetchFailed())).to.equal(`fetch failed: ${REFUSED}`);
    expect(errorText(new Error('no page', { cause: fetchFailed() }))).to.equal(`no page: fetch failed: ${REFUSED}`);
  });

  it('says nothing twice, also from another thread', () => {
    expect(errorText(new Error(`cannot post: ${REFUSED}`, { cause: new Error(REFUSED) }))).to.equal(
      `cannot post: ${REFUSED}`,
    );
    expect(errorText(fromWire(structuredClone(toWire(fetchFailed()))))).to.equal(`fetch failed: ${REFUSED}`);
  });

  it('names the errors of an AggregateError, of which the message may be empty', () => {
    const both = ['connect ECONNREFUSED ::1:9999', REFUSED].map((text) => new Error(text));
    expect(errorText(new TypeError('fetch failed', { cause: new AggregateError(both, '') }))).to.equal(
      `fetch failed: connect ECONNREFUSED ::1:9999; ${REFUSED}`,
    );
    const many = Array.from({ length: 1000 }, (_, index) => new Error(`no. ${index}`));
    expect(errorText(new AggregateError(many, 'all failed'))).to.equal('all failed: no. 0; no. 1; no. 2');
  });

  it('leaves our own errors as they are, and a cause that is no error out', () => {
    expect(errorText(new ConnectError('nothing listens at x', { cause: new Error(REFUSED) }))).to.equal(
      'nothing listens at x',
    );
    expect(errorText(new Error('no', { cause: { password: 'hunter2' } }))).to.equal('no');
  });

  it('ends where causes go round in a circle', () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });
    expect(errorText(error)).to.match(/^a: b/);
  });
});
