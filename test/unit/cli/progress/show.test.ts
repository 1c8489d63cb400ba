import { expect } from 'chai';
import type { Stats } from '../../../../src/caller/stats.ts';
import { deliveries, isShown } from '../../../../src/cli/progress/show.ts';

const TTY = { isTTY: true };
const TERMINAL = { stderr: TTY, stdout: TTY, env: { TERM: 'xterm' } };

describe('progress is shown', () => {
  it('on a terminal', () => expect(isShown({}, TERMINAL)).to.equal(true));

  const NOT: readonly (readonly [string, Parameters<typeof isShown>[0], Partial<typeof TERMINAL>])[] = [
    ['where stderr is no terminal', {}, { stderr: { isTTY: false } }],
    ['on a dumb terminal', {}, { env: { TERM: 'dumb' } }],
    ['in CI', {}, { env: { TERM: 'xterm', CI: '1' } as { TERM: string } }],
    ['with --no-progress', { progress: false }, {}],
    ['with --json', { json: true }, {}],
    ['while messages are typed', { isTyped: true }, {}],
    ['while a producer writes to the same terminal', { definitions: [{ kind: 'stdout' }] }, {}],
  ];
  for (const [what, flags, other] of NOT)
    it(`not ${what}`, () => expect(isShown(flags, { ...TERMINAL, ...other })).to.equal(false));

  it('where a producer writes to a stdout that is no terminal, and where CI is empty', () => {
    const piped = { ...TERMINAL, stdout: { isTTY: false } };
    expect(isShown({ definitions: [{ kind: 'stdout' }] }, piped)).to.equal(true);
    const env = { TERM: 'xterm', CI: '' };
    expect(isShown({}, { ...TERMINAL, env })).to.equal(true);
  });
});

describe('the deliveries of several producers', () => {
  const producer = (stats: Partial<Stats>) => {
    const none = { delivered: 0, deadLettered: 0, dropped: 0, undelivered: 0, expired: 0, pending: 0 };
    return { stats: () => ({ ...none, ...stats }) as Stats };
  };
  const two = [
    producer({ delivered: 3, deadLettered: 1, dropped: 1, pending: 5 }),
    producer({ delivered: 4, undelivered: 1, expired: 1, pending: 2 }),
  ];

  it('are summed', () => expect(deliveries(two)).to.deep.equal({ done: 7, failed: 4, buffered: 7 }));

  it('are a share of all, where that is known, and never more than all', () => {
    expect(deliveries(two, 22).share).to.equal(0.5);
    expect(deliveries(two, 5).share).to.equal(1);
    expect(deliveries([], 0).share).to.equal(0);
  });
});
