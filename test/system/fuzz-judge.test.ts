import { expect } from 'chai';
import { fuzz } from '../fuzz/fuzz.ts';
import type { Peer, Wire } from '../fuzz/wire.ts';

const FINDINGS: Readonly<Record<string, RegExp | undefined>> = {
  fine: undefined,
  abort: /^judged --seed 7 --round 0: the process ended: signal SIGABRT/,
  wrong: /^judged --seed 7 --round 0: 2 messages were accepted, and 1 has an outcome$/,
  late: /^judged --seed 7 --round 0: shutdown\(2000\) took 60000 ms$/,
};

const peer = (mode: string, problem?: string): Peer => ({
  settings: { mode },
  mutations: 50,
  run: async () => {
    if (problem !== undefined) throw new Error(problem);
  },
  stop: async () => {},
});

describe('the judge of mutated bytes', () => {
  const judge = (one: Peer) => {
    const wire: Wire = { name: 'judged', process: 'broken', peer: async () => one };
    return fuzz(wire, { seed: 7, minutes: 0 });
  };

  for (const [mode, finding] of Object.entries(FINDINGS))
    it(`finds what is wrong: ${mode}`, async () => {
      const { findings } = await judge(peer(mode));
      expect(findings).to.have.lengthOf(finding === undefined ? 0 : 1);
      if (finding !== undefined) expect(findings[0]).to.match(finding);
    });

  it('heeds what the other side finds', async () => {
    const { findings } = await judge(peer('fine', '/health answers 500'));
    expect(findings).to.deep.equal(['judged --seed 7 --round 0: /health answers 500']);
  });

  it('tells a fault that is known from a finding', async () => {
    const { findings, known } = await judge({ ...peer('abort'), known: (ending) => ending.slice(0, 14) });
    expect(findings).to.deep.equal([]);
    expect(known).to.deep.equal(['judged --seed 7 --round 0: signal SIGABRT']);
  });
});
