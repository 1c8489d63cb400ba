import { expect } from 'chai';
import type sinon from 'sinon';
import { LimitedLog } from '../../../../src/shared/log/limited-log.ts';
import { systemClock } from '../../../../src/shared/util/clock.ts';
import { fakeClock } from '../../../support/fake-clock.ts';

describe('a log that stays small', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  function rig() {
    const stop = new AbortController();
    const lines: string[] = [];
    const log = new LimitedLog(
      (level, fields, message) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
      systemClock,
      stop.signal,
    );
    return { stop, lines, log };
  }

  it('has a line at once for each message and each reason, whatever figures and ids they hold', () => {
    const { lines, log } = rig();
    for (let attempt = 1; attempt <= 5; attempt++)
      log.write(
        'warn',
        { err: `request ${attempt} of 0f8fad5b-d9cb-469f-a165-7086772895${attempt}0`, attempt },
        `attempt ${attempt}`,
      );
    log.write('warn', { err: 'refused' }, 'attempt 6');
    log.write('info', {}, 'connected');
    expect(lines.map((line) => line.split(' ').slice(0, 3).join(' '))).to.deep.equal([
      'warn attempt 1',
      'warn attempt 6',
      'info connected {}',
    ]);
  });

  it('counts what it leaves out, and has the latest of it at the end of the interval, with its own fields', async () => {
    const { lines, log } = rig();
    for (let attempt = 1; attempt <= 5; attempt++) log.write('warn', { attempt }, 'failed');
    await clock.tickAsync(1000);
    expect(lines).to.deep.equal(['warn failed {"attempt":1}', 'warn failed {"attempt":5,"leftOut":3}']);
  });

  it('bounds messages that are never the same twice', () => {
    const { lines, log } = rig();
    for (let index = 0; index < 5000; index++)
      log.write(
        'warn',
        {},
        `trouble ${String.fromCharCode(97 + (index % 26), 97 + ((index / 26) % 26))}${'x'.repeat(index % 40)}`,
      );
    expect(lines.length).to.be.below(100);
  });

  it('leaves no timer behind that would hold the process, and writes what it has left out at the end', async () => {
    const { stop, lines, log } = rig();
    for (let index = 0; index < 3; index++) log.write('warn', {}, 'failed');
    stop.abort();
    expect(lines.at(-1)).to.equal('warn failed {"leftOut":1}');
    expect(clock.countTimers()).to.equal(0);
    log.write('warn', {}, 'failed');
    expect(lines.slice(2)).to.deep.equal(['warn failed {}']);
  });
});
