import { expect } from 'chai';
import { faultOf, textOf } from '../faults/fault.ts';
import { judge } from '../faults/judge.ts';
import type { Evidence } from '../faults/life.ts';
import { planOf, sampleOf } from '../faults/plan.ts';
import { OWN_CODE } from '../faults/processes/orders.ts';
import type { SeenCall } from '../faults/shim.ts';
import { directorySyncs, unsyncedNames } from '../faults/syncs.ts';
import { errorsOf } from '../faults/table.ts';

const SPOOL = 'node:parent/spool';

const call = (name: string, place: string, failed = false): SeenCall => ({
  phase: 'steady',
  call: name,
  place,
  failed,
});

const GOOD: Evidence = {
  ended: OWN_CODE,
  events: [{ event: 'confirmed', id: 'a' }, { event: 'shut down' }],
  calls: [call('create', `${SPOOL}/#.segment`), call('fsync', SPOOL)],
  log: '',
  promised: ['a', 'left'],
  arrived: new Set(['a', 'left', 'unconfirmed']),
  restart: undefined,
};

const kinds = (changed: Partial<Evidence>): string[] => judge({ ...GOOD, ...changed }).map(({ kind }) => kind);

describe('what is wrong with a life in which a call failed', () => {
  it('is nothing where all promises were kept', () => {
    expect(judge(GOOD)).to.deep.equal([]);
  });

  const WRONG: Readonly<Record<string, Partial<Evidence>>> = {
    lost: { arrived: new Set(['a']) },
    'host ended': { ended: 1 },
    'not restarted': { restart: '3 messages remain' },
    'name not synced': { calls: GOOD.calls.slice(0, 1) },
    'late shutdown': { events: [...GOOD.events, { event: 'wrong', kind: 'late shutdown', text: '' }] },
    'wrong counters': { events: [...GOOD.events, { event: 'wrong', kind: 'wrong counters', text: '' }] },
    'not usable': { events: [...GOOD.events, { event: 'wrong', kind: 'not usable', text: '' }] },
  };
  for (const [kind, changed] of Object.entries(WRONG))
    it(`finds: ${kind}`, () => {
      expect(kinds(changed)).to.deep.equal([kind]);
    });

  it('is also an end by a signal, by hanging, and an own code without a shutdown', () => {
    for (const ended of ['SIGABRT', 'it hung']) expect(kinds({ ended })).to.deep.equal(['host ended']);
    expect(kinds({ events: [] })).to.deep.equal(['host ended']);
  });

  it('names what was lost', () => {
    expect(judge({ ...GOOD, arrived: new Set() })[0]?.text).to.equal('2: a, left');
  });
});

describe('names that are not durable', () => {
  const NAMES: Readonly<Record<string, readonly SeenCall[]>> = {
    [`${SPOOL}/#.segment`]: [call('fsync', SPOOL), call('create', `${SPOOL}/#.segment`)],
    [`${SPOOL}/settlements.log`]: [call('rename', `${SPOOL}/settlements.log`), call('fsync', SPOOL, true)],
    [SPOOL]: [call('mkdir', SPOOL), call('fsync', SPOOL)],
    'node:letters.ndjson': [call('create', 'node:letters.ndjson'), call('fsync', 'node:parent')],
  };
  for (const [name, calls] of Object.entries(NAMES))
    it(`finds ${name} without a sync of its directory after it`, () => {
      expect(unsyncedNames(calls)).to.deep.equal([name.replace('node:', '')]);
    });

  it('are none where the call failed, of the lock, and of a file elsewhere', () => {
    const calls = [
      call('create', `${SPOOL}/#.segment`, true),
      call('create', `${SPOOL}/owner.lock`),
      call('create', 'node:elsewhere'),
    ];
    expect(unsyncedNames(calls)).to.deep.equal([]);
  });

  it('counts the syncs of directories', () => {
    const calls = [
      call('fsync', SPOOL),
      call('fsync', 'node:.'),
      call('fsync', SPOOL, true),
      call('fsync', 'koffi:pipe'),
    ];
    expect(directorySyncs(calls)).to.equal(2);
  });
});

describe('the faults of a walk', () => {
  const times = (count: number): SeenCall[] => Array.from({ length: count }, () => call('fsync', SPOOL));

  it('let each call of few fail with each error, and the first, a middle and a late one of many', () => {
    expect(planOf([times(2)]).map(({ error, nth }) => `${error} ${nth}`)).to.have.members(
      ['EIO', 'ENOSPC', 'EDQUOT'].flatMap((error) => [`${error} 1`, `${error} 2`]),
    );
    expect(new Set(planOf([times(40)]).map(({ nth }) => nth))).to.deep.equal(new Set([1, 20, 36]));
  });

  it('are such that every life reaches them', () => {
    expect(new Set(planOf([times(3), times(2), []]).map(({ nth }) => nth))).to.deep.equal(new Set([1, 2]));
  });

  it('leave out what the victim says to the harness, and calls that cannot fail', () => {
    expect(errorsOf({ call: 'write', place: 'node:stdio' })).to.deep.equal([]);
    expect(errorsOf({ call: 'close', place: 'node:/proc' })).to.deep.equal([]);
  });

  it('are sampled by the seed, different calls first, most of them the own ones', () => {
    const calls = ['unlink', 'rename'].map((name) => call(name, `${SPOOL}/#.segment`));
    const foreign = ['open', 'read', 'stat'].map((name) => call(name, 'node:module'));
    const faults = planOf([[...times(30), ...calls, ...foreign]]);
    const sample = sampleOf(faults, 4, 1).map((fault) => fault.call);
    expect(sample.slice(0, 3)).to.have.members(['fsync', 'unlink', 'rename']);
    expect(sample[3]).to.be.oneOf(['open', 'read', 'stat']);
    expect(sampleOf(faults, 5, 1)).to.deep.equal(sampleOf(faults, 5, 1));
    expect(sampleOf(faults, 5, 1)).not.to.deep.equal(sampleOf(faults, 5, 2));
  });

  it('are repeated from their text', () => {
    const [fault] = planOf([times(1)]);
    if (fault === undefined) throw new Error('there is none');
    expect(faultOf(textOf(fault))).to.deep.equal(fault);
    expect(() => faultOf('steady fsync')).to.throw('expected a phase');
  });
});
