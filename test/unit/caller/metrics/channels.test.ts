import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'chai';
import { z } from 'zod';
import { BaseProducer } from '../../../../src/caller/base-producer.ts';
import { BaseProducerConfig } from '../../../../src/config/schema/base.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { quiet } from '../../../support/quiet.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';
import { SilentHost } from '../../../support/silent-host.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';
import { until } from '../../../support/until.ts';

const NAMES = ['outspool:accepted', 'outspool:settled', 'outspool:attempt', 'outspool:connection'];

/** Its errors quote its password. It runs on this thread. */
class LeakingProducer extends BaseProducer<typeof LeakingProducer.config> {
  static override readonly module: string = import.meta.url;
  static override readonly config = BaseProducerConfig.extend({ password: z.string() });
  static override runsInline = () => true;
  _connect(): void {
    throw new Error(`the server does not know the password ${this.config.password}`);
  }
  _send(): void {}
  _close(): void {}
}

describe('the diagnostics channels', () => {
  const directory = temporaryDirectories();
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

  it('mask the secrets of the configuration in the errors of events', async () => {
    const config = { type: 'custom', name: 'leaking', password: 'hunter2-secret', max_retries: 0 } as const;
    const producer = new LeakingProducer(config, { logger: quiet });
    producer.produce({ value: 1 });
    await until(() => (on('outspool:connection') as { error?: Error }[]).some(({ error }) => error !== undefined));
    const texts = events
      .map(([, event]) => (event as { error?: Error }).error)
      .map((error) => `${error?.stack} ${error?.message}`);
    expect(texts.filter((text) => text.includes('does not know the password'))).not.to.deep.equal([]);
    expect(texts.filter((text) => text.includes('hunter2-secret'))).to.deep.equal([]);
    await producer.shutdown(10);
  });

  it('publish one event for messages that were on disk only and settle together', async () => {
    const spool = { directory: directory(), maxBytes: 2 ** 20, syncIntervalMs: 0, directRanges: 8 };
    let host: SilentHost | undefined;
    const rig = new EngineRig(undefined, {
      spool,
      createHost: (start, callbacks) => {
        host = new SilentHost(start, callbacks);
        return host;
      },
    });
    rig.produce(1, 2, 3, 4);
    await Promise.resolve();
    const worker = host as unknown as SilentHost;
    worker.words.base = 0;
    worker.words.written = 4;
    worker.say({ type: 'recovered', messages: [] });
    worker.say({ type: 'onDiskOnly', leases: [[0, 3]] });
    worker.say({ type: 'delivered', ranges: [[0, 2]], reports: [] });
    await Promise.resolve();
    const common = { producer: 'rig', outcome: 'delivered' };
    expect(on('outspool:settled')).to.deep.equal([{ ...common, first: 0, last: 2, messages: 3 }]);
    worker.say({ type: 'delivered', ranges: [[2, 3]], reports: [] });
    await Promise.resolve();
    expect(on('outspool:settled').at(-1)).to.deep.include({ first: 2, last: 3, messages: 1 });
    await rig.engine.shutdown(10);
  });

  it('let a subscriber produce messages, whose records do not mix with the one that it hears of', async () => {
    const rig = new EngineRig();
    const reenter = (event: unknown) => {
      if ((event as { sequence: number }).sequence < 3)
        rig.produce(`again ${(event as { sequence: number }).sequence}`);
    };
    subscribe('outspool:accepted', reenter);
    try {
      rig.produce('first');
    } finally {
      unsubscribe('outspool:accepted', reenter);
    }
    await rig.engine.flush({ timeout: 5000 });
    expect(rig.transport.delivered).to.deep.equal(['first', 'again 0', 'again 1', 'again 2']);
    expect(on('outspool:accepted').map((event) => (event as { sequence: number }).sequence)).to.have.members([
      0, 1, 2, 3,
    ]);
    expect(rig.engine.stats()).to.include({ accepted: 4, delivered: 4, pending: 0 });
    await rig.engine.shutdown(1000);
  });
});
