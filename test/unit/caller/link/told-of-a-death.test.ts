import { expect } from 'chai';
import type sinon from 'sinon';
import { OUTCOME, SlotMemory } from '../../../../src/shared/memory/slot.ts';
import type { LeaseMessage } from '../../../../src/shared/protocol.ts';
import { runFrom } from '../../../../src/shared/sequence-ranges.ts';
import { EngineRig } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { SilentHost } from '../../../support/silent-host.ts';

type Call = (engine: EngineRig['engine']) => unknown;

describe('a caller who is told while what a dead worker had is settled', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  /** Three messages, of which the first is delivered when the worker dies; `call` is what the caller does on hearing of it. */
  async function killed(call: Call) {
    const hosts: SilentHost[] = [];
    const rig: EngineRig = new EngineRig(undefined, {
      listeners: [() => void call(rig.engine)],
      createHost: (start, callbacks) => {
        const host = new SilentHost(start, callbacks);
        host.answers = ({ type }) => {
          if (type === 'connect') host.say({ type: 'connection', state: 'connected' });
        };
        hosts.push(host);
        return host;
      },
    });
    rig.produce(0, 1, 2);
    await Promise.resolve();
    const [lease] = leasesOf(hosts[0]) as [LeaseMessage];
    new SlotMemory(lease.shared).outcomes[lease.from] = OUTCOME.delivered;
    hosts[0]?.die();
    return { rig, hosts };
  }

  const leasesOf = (host: SilentHost | undefined): LeaseMessage[] =>
    host?.heard.flatMap((message) => (message.type === 'lease' ? message.leases : [])) ?? [];

  /** The worker delivers everything that it has got. */
  function deliver(host: SilentHost | undefined): void {
    for (const { shared, from, count, sequence } of leasesOf(host)) {
      new SlotMemory(shared).outcomes.fill(OUTCOME.delivered, from, from + count);
      const reports = Array.from({ length: count }, (_, index) => ({ sequence: sequence + index }));
      host?.say({ type: 'delivered', ranges: [runFrom(sequence, count)], reports });
    }
  }

  const CALLS: Readonly<Record<string, Call>> = {
    flushes: (engine) => engine.flush({ timeout: 1 }),
    'shuts the producer down': (engine) => engine.shutdown(5000),
    'shuts it down at once': (engine) => engine.shutdown(0),
    'produces more': (engine) =>
      engine.stats().accepted < 4 && engine.accept({ value: 3 }, { isError: false, report: false }),
  };

  for (const [what, call] of Object.entries(CALLS))
    it(`and ${what}: what is left goes out once, and settles`, async () => {
      let calls = 0;
      const { rig, hosts } = await killed((engine) => calls++ === 0 && call(engine));
      await clock.tickAsync(100);
      for (const host of hosts.slice(1)) {
        const sequences = leasesOf(host).flatMap(({ sequence, count }) =>
          Array.from({ length: count }, (_, index) => sequence + index),
        );
        expect(sequences).to.deep.equal([...new Set(sequences)]);
        deliver(host);
      }
      const { accepted, delivered, undelivered, pending } = rig.engine.stats();
      expect(delivered + undelivered + pending).to.equal(accepted);
      if (what !== 'shuts it down at once')
        expect({ delivered, pending }).to.deep.equal({ delivered: accepted, pending: 0 });
      else expect({ delivered, undelivered }).to.deep.equal({ delivered: 1, undelivered: 2 });
      expect(hosts.length).to.be.at.most(2);
      await clock.tickAsync(10_000);
    });
});
