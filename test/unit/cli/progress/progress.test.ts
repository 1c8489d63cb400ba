import { expect } from 'chai';
import sinon from 'sinon';
import { say } from '../../../../src/cli/output.ts';
import type { Reading } from '../../../../src/cli/progress/line.ts';
import { Progress } from '../../../../src/cli/progress/progress.ts';
import { rowsOf } from '../../../support/screen.ts';

describe('progress on a terminal', () => {
  let clock: sinon.SinonFakeTimers;
  let written: string[];
  let reading: Reading;
  let progress: Progress;

  beforeEach(() => {
    clock = sinon.useFakeTimers();
    written = [];
    reading = { done: 0 };
  });
  afterEach(() => {
    progress.end();
    clock.restore();
  });

  const begin = ({ columns = 80, hasColors = false } = {}) => {
    const screen = { columns, write: (text: string) => written.push(text) };
    progress = new Progress({ title: 'orders', read: () => reading, hasColors, screen, now: () => clock.now });
  };
  const rows = () => rowsOf(written.join(''));

  it('is drawn at once, and then at most four times a second', () => {
    begin();
    expect(rows()).to.deep.equal(['orders  0 delivered  0/s']);
    for (let ms = 0; ms < 1000; ms += 10) {
      reading = { done: ms };
      clock.tick(10);
    }
    expect(written).to.have.length(5);
    expect(rows()).to.deep.equal(['orders  990 delivered  990/s']);
  });

  it('writes nothing while nothing changes', () => {
    begin();
    clock.tick(60_000);
    expect(written).to.have.length(1);
  });

  it('stays below a line that is printed meanwhile, which begins in the first column', () => {
    begin();
    const stderr = sinon.stub(process.stderr, 'write').callsFake((text) => written.push(String(text)) > 0);
    try {
      say('warn  orders: no connection');
    } finally {
      stderr.restore();
    }
    expect(rows()).to.deep.equal(['warn  orders: no connection', 'orders  0 delivered  0/s']);
    progress.end();
    expect(rows()).to.deep.equal(['warn  orders: no connection', '']);
  });

  it('is cut to the width of the terminal, also when that changes, and keeps the last column free', () => {
    begin({ columns: 10 });
    expect(rows()).to.deep.equal(['orders  …']);
    progress.end();
    begin({ columns: 0 });
    expect(rows().at(-1)).to.equal('orders  0 delivered  0/s');
  });

  it('shows failures in red, unless colours are not wanted', () => {
    reading = { done: 1, failed: 0 };
    begin({ hasColors: true });
    expect(written.join('')).not.to.contain('\x1b[31m');
    reading = { done: 1, failed: 1200 };
    clock.tick(250);
    expect(written.join('')).to.contain('\x1b[31m1,200 failed\x1b[39m');
    progress.end();
    written = [];
    begin({ hasColors: false });
    expect(written.join('')).to.contain('1,200 failed').and.not.to.contain('\x1b[31m');
  });

  it('leaves no timer and no line behind, and ends twice', () => {
    begin();
    progress.end();
    progress.end();
    expect(rows()).to.deep.equal(['']);
    const before = written.length;
    reading = { done: 5 };
    clock.tick(1000);
    progress.show();
    progress.hide();
    expect(written).to.have.length(before);
  });

  describe('whose reading throws', () => {
    const failing = () => {
      throw new Error('the counters do not add up');
    };

    it('ends, and the command goes on', () => {
      let read: () => Reading = () => reading;
      const screen = { columns: 80, write: (text: string) => written.push(text) };
      progress = new Progress({ title: 'orders', read: () => read(), hasColors: false, screen });
      read = failing;
      clock.tick(250);
      expect(rows()).to.deep.equal(['']);
      read = () => ({ done: 5 });
      clock.tick(1000);
      expect(rows()).to.deep.equal(['']);
    });

    it('leaves nothing behind when the first one does', () => {
      const listeners = process.listenerCount('exit');
      const screen = { columns: 80, write: (text: string) => written.push(text) };
      let reads = 0;
      const read = () => {
        reads++;
        return failing();
      };
      progress = new Progress({ title: 'orders', read, hasColors: false, screen });
      clock.tick(1000);
      expect([reads, written]).to.deep.equal([1, []]);
      expect(process.listenerCount('exit')).to.equal(listeners);
    });
  });
});
