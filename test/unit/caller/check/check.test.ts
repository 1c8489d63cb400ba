import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { CheckContext, CheckPlan, LayerFinding } from '../../../../src/caller/check/check.ts';
import { runCheck } from '../../../../src/caller/check/run-check.ts';

/** A plan whose steps find what is given, and keep in `calls` what happened. */
function scripted(steps: Readonly<Record<string, LayerFinding | Error | 'never'>>): CheckPlan & { calls: string[] } {
  const calls: string[] = [];
  const run = async (layer: string, finding: LayerFinding | Error | 'never'): Promise<LayerFinding> => {
    calls.push(layer);
    if (finding === 'never') return new Promise(() => {});
    if (finding instanceof Error) throw finding;
    return finding;
  };
  return {
    calls,
    steps: Object.entries(steps).map(([layer, finding]) => ({
      layer,
      run: () => run(layer, finding),
    })),
    close: async () => void calls.push('close'),
  };
}

const context = (ms = 1000): CheckContext => ({ topic: 't', end: performance.now() + ms });

async function outcome(plan: CheckPlan, given = context()) {
  const { ok, layers } = await runCheck(plan, given);
  const words = layers.map(({ layer, ok, reached }) => `${layer} ${ok ? 'ok' : reached ? 'failed' : 'not reached'}`);
  return { ok, words, layers };
}

describe('a check', () => {
  it('passes when every layer does, with what they found', async () => {
    const plan = scripted({ dns: { note: '127.0.0.1' }, tcp: { warning: 'slow' } });
    const { ok, words, layers } = await outcome(plan);
    expect([ok, words]).to.deep.equal([true, ['dns ok', 'tcp ok']]);
    expect([layers[0]?.note, layers[1]?.warning]).to.deep.equal(['127.0.0.1', 'slow']);
    expect(plan.calls).to.deep.equal(['dns', 'tcp', 'close']);
  });

  it('ends at the first layer that fails, and asks no further', async () => {
    const plan = scripted({ dns: {}, tcp: { problem: 'refused', setting: 'bootstrap_servers' }, tls: {}, sasl: {} });
    const { ok, words, layers } = await outcome(plan);
    expect([ok, words]).to.deep.equal([false, ['dns ok', 'tcp failed', 'tls not reached', 'sasl not reached']]);
    expect(layers[1]).to.include({ problem: 'refused', setting: 'bootstrap_servers' });
    expect(plan.calls).to.deep.equal(['dns', 'tcp', 'close']);
  });

  it('puts a problem at the later layer that it is about', async () => {
    const { words } = await outcome(
      scripted({ tls: { layer: 'metadata', problem: 'silent' }, sasl: {}, metadata: {} }),
    );
    expect(words).to.deep.equal(['tls ok', 'sasl not reached', 'metadata failed']);
  });

  const looked = (...findings: LayerFinding[]): CheckPlan => ({
    steps: [
      { layer: 'dns', run: async () => ({}) },
      ...findings.map((finding) => ({ layer: 'tcp', run: async () => finding }) as const),
      { layer: 'tls', run: async () => ({}) },
    ],
    close: async () => {},
  });

  it('has one row for a layer at which several steps look, with what each of them found', async () => {
    const { ok, words, layers } = await outcome(looked({ note: 'open', warning: 'slow' }, { note: 'open twice' }));
    expect([ok, words]).to.deep.equal([true, ['dns ok', 'tcp ok', 'tls ok']]);
    expect(layers[1]).to.include({ note: 'open twice', warning: 'slow' });
  });

  it('fails where the second step at a layer does, or the first', async () => {
    for (const findings of [
      [{}, { problem: 'half open' }],
      [{ problem: 'half open' }, {}],
    ]) {
      const { ok, words, layers } = await outcome(looked(...findings));
      expect([ok, words]).to.deep.equal([false, ['dns ok', 'tcp failed', 'tls not reached']]);
      expect(layers[1]?.problem).to.equal('half open');
    }
  });

  it('has what passed before what failed, also where a layer fails at a later look', async () => {
    const steps = [
      { layer: 'dns', run: async () => ({}) },
      { layer: 'tcp', run: async () => ({}) },
    ] as const;
    const again = { layer: 'dns', run: async () => ({ problem: 'gone' }) } as const;
    const last = { layer: 'tls', run: async () => ({}) } as const;
    const { words } = await outcome({ steps: [...steps, again, last], close: async () => {} });
    expect(words).to.deep.equal(['tcp ok', 'dns failed', 'tls not reached']);
  });

  it('leaves a problem where it was found when it is about an earlier layer', async () => {
    const { words } = await outcome(scripted({ tcp: {}, sasl: { layer: 'tcp', problem: 'gone' } }));
    expect(words).to.deep.equal(['tcp ok', 'sasl failed']);
  });

  it('takes a step that throws for one that failed', async () => {
    const { words, layers } = await outcome(scripted({ dns: new Error('no resolver') }));
    expect([words, layers[0]?.problem]).to.deep.equal([['dns failed'], 'no resolver']);
  });

  it('leaves a step behind that does not keep to the deadline', async () => {
    const plan = scripted({ dns: 'never', tcp: {} });
    const { words } = await outcome(plan, context(10));
    expect(words).to.deep.equal(['dns failed', 'tcp not reached']);
    expect(plan.calls).to.deep.equal(['dns', 'close']);
  });

  it('blames no server for a timeout that leaves it no time', async () => {
    const slow = async () => new Promise<LayerFinding>((resolve) => setTimeout(resolve, 20, { problem: 'firewall' }));
    const plan = { steps: [{ layer: 'tcp', run: slow } as const], close: async () => {} };
    const problemAfter = async (ms: number) => (await outcome(plan, context(ms))).layers[0]?.problem;
    expect(await problemAfter(1)).to.equal('no answer within the timeout of the check, 1 ms');
    expect(await problemAfter(40)).to.equal('no answer within the timeout of the check, 40 ms');
    expect(await problemAfter(400)).to.equal('firewall'); // it had time, and found its words early
    expect(await problemAfter(1000)).to.equal('firewall');
  });

  it('rejects with the reason of an aborted signal, and lets go of what it had opened', async () => {
    const plan = scripted({ dns: 'never' });
    const abort = new AbortController();
    const reason = new Error('enough');
    const running = runCheck(plan, { ...context(), signal: abort.signal }).catch((error) => error);
    abort.abort(reason);
    expect(await running).to.equal(reason);
    expect(plan.calls).to.deep.equal(['dns', 'close']);
  });
});
