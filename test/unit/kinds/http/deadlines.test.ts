import { expect } from 'chai';
import sinon from 'sinon';
import { Deadlines } from '../../../../src/kinds/http/deadlines.ts';

const MS = 1000;

describe('deadlines over one timer', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => clock.restore());

  class Request {
    endsAt = 0;
    at = -1;

    expired(): void {
      this.at = performance.now();
    }
  }

  it('expire each request after its own time, and once', () => {
    const deadlines = new Deadlines(MS);
    const [first, second] = [new Request(), new Request()];
    const begin = performance.now();
    deadlines.add(first);
    clock.tick(400);
    deadlines.add(second);
    expect(clock.countTimers()).to.equal(1);
    clock.tick(599);
    expect([first.at, second.at]).to.deep.equal([-1, -1]);
    clock.tick(5000);
    expect([first.at - begin, second.at - begin]).to.deep.equal([MS, MS + 400]);
  });

  it('expire no request that has ended, and leave no timer behind', () => {
    const deadlines = new Deadlines(MS);
    const [ended, open] = [new Request(), new Request()];
    const begin = performance.now();
    deadlines.add(ended);
    deadlines.add(open);
    deadlines.delete(ended);
    clock.tick(MS);
    expect([ended.at, open.at - begin]).to.deep.equal([-1, MS]);
    expect(clock.countTimers()).to.equal(0);
  });

  it('begin again after a time with no request', () => {
    const deadlines = new Deadlines(MS);
    const first = new Request();
    deadlines.add(first);
    deadlines.delete(first);
    clock.tick(3 * MS);
    const [second, begin] = [new Request(), performance.now()];
    deadlines.add(second);
    clock.tick(MS);
    expect(second.at - begin).to.equal(MS);
  });
});
