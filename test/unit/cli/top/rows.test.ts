import { expect } from 'chai';
import { type Row, rowsOf, type Sample } from '../../../../src/cli/top/rows.ts';
import { figures, statusWith } from './figures.ts';

const at = (ms: number, producer = {}, process = {}): Sample => ({
  at: ms,
  asked: { status: { ...statusWith({ orders: figures(producer) }), ...process } },
});

const row = (now: Sample, before?: Sample) => rowsOf('here:1', now, before)[0] as Row;

describe('a row of produce top', () => {
  it('has rates since the sample before', () => {
    const now = at(3000, { accepted: 300, delivered: 100 });
    expect(row(now, at(1000, { accepted: 100, delivered: 50 }))).to.include({ inRate: 100, outRate: 25 });
  });

  it('has no rate in the first sample, after a failure, and when the process is another one', () => {
    const now = at(3000, { accepted: 300 });
    expect(row(now)).to.include({ inRate: null, outRate: null });
    expect(row(now, { at: 1000, asked: { why: 'away' } })).to.include({ inRate: null });
    expect(row(now, at(1000, {}, { pid: 2 }))).to.include({ inRate: null });
    expect(row(now, at(1000, {}, { startedAt: 'before' }))).to.include({ inRate: null });
  });

  it('counts as failed whatever was not delivered in the end', () => {
    const counts = { deadLettered: 1, dropped: 2, undelivered: 4, expired: 8, delivered: 16 };
    expect(row(at(0, counts))).to.include({ failed: 15, delivered: 16 });
  });

  it('shows the connection of a producer that is ready but not connected', () => {
    expect(row(at(0, { connection: 'backing_off' })).state).to.equal('backing_off');
    expect(row(at(0, { state: 'draining', connection: 'backing_off' })).state).to.equal('draining');
    expect(row(at(0)).state).to.equal('ready');
  });

  it('shows how full queue and spool are, and what holds messages up', () => {
    const full = { queue: { bytes: 512, maxBytes: 1024 }, spool: { bytes: 1, maxBytes: 3 } };
    expect(row(at(0, { ...full, blockedBy: { by: 'spool', why: 'the disk is full' } }))).to.include({
      queuePercent: 50,
      spoolPercent: 33,
      blockedBy: 'spool: the disk is full',
    });
    expect(row(at(0))).to.include({ spoolPercent: null, blockedBy: null });
  });

  it('of a process that is away has the reason', () => {
    expect(rowsOf('here:1', { at: 0, asked: { why: 'no answer' } }, undefined)).to.deep.equal([
      { process: 'here:1', why: 'no answer' },
    ]);
  });
});
