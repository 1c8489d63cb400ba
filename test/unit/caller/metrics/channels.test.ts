import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'chai';
import { EngineRig } from '../../../support/engine-rig.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';
import { until } from '../../../support/until.ts';

const NAMES = ['outspool:accepted', 'outspool:settled', 'outspool:attempt', 'outspool:connection'];

describe('the diagnostics channels', () => {
  let events: [name: string, event: object][] = [];
  const listener = (event: unknown, name: string | symbol) => void events.push([String(name), event as object]);
  const on = (name: string) => events.filter(([one]) => one === name).map(([, event]) => event);

  beforeEach(() => {
    events = [];
    for (const name of NAMES) subscribe(name, listener);
  });
  afterEach(() => {
    for (const name of NAMES) unsubscribe(name, listener);
  });

  it('publish each accepted and each settled message once, and the connection', async () => {
    const rig = new EngineRig();
    rig.produce(1, 2);
    expect(on('outspool:accepted')).to.deep.equal([
      { producer: 'rig', sequence: 0 },
      { producer: 'rig', sequence: 1 },
    ]);
    await rig.engine.flush({ timeout: 5000 });
    await rig.engine.shutdown(1000);
    const settled = { producer: 'rig', messages: 1, outcome: 'delivered' };
    expect(on('outspool:settled')).to.deep.equal([
      { ...settled, first: 0, last: 0 },
      { ...settled, first: 1, last: 1 },
    ]);
    expect(on('outspool:connection')).to.deep.include({ producer: 'rig', state: 'connected', error: undefined });
  });

  it('publish a failed attempt with its error', async () => {
    let isDown = true;
    const rig = new EngineRig(
      new ScriptedTransport(async () => {
        if (isDown) throw new Error('the broker is away');
      }),
    );
    rig.produce(1);
    await until(() => on('outspool:attempt').length > 0);
    isDown = false;
    const [event] = on('outspool:attempt') as { producer: string; error: Error }[];
    expect([event?.producer, event?.error.message]).to.deep.equal(['rig', 'the broker is away']);
    await rig.engine.shutdown(2000);
  });
});
