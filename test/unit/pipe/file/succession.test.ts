/** The rules for what comes after which file, on listings that are made up. */

import { expect } from 'chai';
import type { Listing, Rotated } from '../../../../src/pipe/file/generations.ts';
import { rotatedName } from '../../../../src/pipe/file/rotated-name.ts';
import { olderThan, successorOf } from '../../../../src/pipe/file/succession.ts';

/** A rotated file whose name ends so; its inode is its place in `names`, its time of change in `times`. */
function listing(names: readonly string[], times: readonly number[] = []): Listing {
  const rotated = names.map((name, index): Rotated => {
    const parsed = rotatedName(`app.log${name}`, 'app.log');
    if (parsed === undefined) throw new Error(`no rotated name: ${name}`);
    const identity = { dev: '1', ino: String(index), path: `app.log${name}`, base: 'app.log', size: 1 };
    return { ...identity, name: parsed, mtimeNs: BigInt(times[index] ?? 0) };
  });
  return { current: { dev: '1', ino: '99', path: 'app.log', base: 'app.log', size: 1 }, rotated };
}

const id = (ino: number) => ({ dev: '1', ino: String(ino) });
const inodes = (files: ReadonlyArray<{ readonly ino: string }>) => files.map(({ ino }) => Number(ino));

/** The order in which all that is left is read, from what was read last on. */
function order(names: readonly string[], done: number | undefined, older: readonly number[] = [], times?: number[]) {
  const all = listing(names, times);
  const read: string[] = [];
  let known = older.map(id);
  let last = done === undefined ? undefined : id(done);
  for (let next = successorOf(all, known, last); next.next?.ino !== '99'; next = successorOf(all, known, last)) {
    read.push(next.next?.path.replace('app.log', '') ?? '');
    known = next.older.map(({ ino }) => id(Number(ino)));
    last = id(Number(next.next?.ino));
  }
  return read;
}

describe('the successor of a file', () => {
  it('is the highest of the new numbers, or the lowest where all are higher than its own', () => {
    expect(order(['.5', '.4', '.3', '.2', '.1'], 1, [0])).to.deep.equal(['.3', '.2', '.1']);
    expect(order(['.1', '.2', '.3', '.4', '.10'], 1, [0])).to.deep.equal(['.3', '.4', '.10']);
    expect(order(['.3', '.2', '.1'], undefined)).to.deep.equal(['.3', '.2', '.1']);
  });

  it('is the earliest of the new times, although its name is later', () => {
    expect(order(['-20261126', '-20261127', '-20261128'], 0)).to.deep.equal(['-20261127', '-20261128']);
    expect(order(['-20261128', '-20261126', '-20261127'], 0)).to.deep.equal(['-20261126', '-20261127']);
  });

  it('is what was written to first where the names do not tell', () => {
    expect(order(['-20261128', '.1'], undefined, [], [1, 2])).to.deep.equal(['-20261128', '.1']);
    expect(order(['-20261128', '.1'], undefined, [], [2, 1])).to.deep.equal(['.1', '-20261128']);
    expect(order(['.1', '-1'], undefined, [], [2, 1])).to.deep.equal(['-1', '.1']);
  });

  it('is sure while the file before it is there', () => {
    const all = listing(['.2', '.1']);
    expect(successorOf(all, [], id(0)).isSure).to.equal(true);
    expect(successorOf(all, [], undefined).isSure).to.equal(true);
    expect(successorOf(all, [], id(7)).isSure).to.equal(false);
  });

  it('makes what came before it older, itself not', () => {
    expect(inodes(successorOf(listing(['.3', '.2', '.1']), [id(0)], id(1)).older)).to.deep.equal([0, 1]);
    expect(inodes(successorOf(listing(['.2', '.1']), [], id(0)).older)).to.deep.equal([0]);
    expect(inodes(successorOf(listing(['.1']), [id(5)], id(0)).older), 'only what is there').to.deep.equal([0]);
  });

  it('is named with the others where the names do not put them in order', () => {
    const doubts = (names: readonly string[], done?: number) =>
      successorOf(listing(names), [], done === undefined ? undefined : id(done)).unordered.length;
    expect(doubts(['.2', '.1'], 0)).to.equal(0);
    expect(doubts(['.1'])).to.equal(0);
    expect(doubts(['-20261128', '.1'])).to.equal(2);
    expect(doubts(['.1', '-1'])).to.equal(2);
    expect(doubts(['.1', '.2'], 0), 'numbers that count up, or a file that was put there').to.equal(2);
  });

  it('is told with the compressed files between the two', () => {
    const lost = (names: readonly string[], done?: number) =>
      successorOf(listing(names), [], done === undefined ? undefined : id(done)).compressed;
    expect(lost(['.4', '.5.gz', '.3.gz', '.2', '.1.gz'], 0)).to.deep.equal(['app.log.3.gz']);
    expect(lost(['.2', '.3.gz', '.1.gz'], 0)).to.deep.equal(['app.log.1.gz']);
    expect(lost(['.1.gz', '.2.gz'])).to.deep.equal(['app.log.1.gz', 'app.log.2.gz']);
    expect(lost(['.1.gz'], 7), 'the one that was read').to.deep.equal([]);
    expect(lost(['.1.gz', '.2.gz'], 7), 'and one that was not').to.deep.equal(['app.log.1.gz']);
    expect(lost(['-20261127.gz', '-20261128.gz'], 7)).to.deep.equal(['app.log-20261128.gz']);
    expect(lost(['.1', '.2.gz'], 7), 'before one that is read').to.deep.equal([]);
    expect(lost(['.2', '-20261128.gz', '.1'], 0), 'of another scheme').to.deep.equal([]);
  });
});

describe('what is older than a file', () => {
  it('are those before it by name, or all where it has the name itself', () => {
    const all = listing(['.3', '.2', '.1']);
    expect(inodes(olderThan(all, id(1)))).to.deep.equal([0]);
    expect(inodes(olderThan(all, id(0)))).to.deep.equal([]);
    expect(inodes(olderThan(all, id(99)))).to.deep.equal([0, 1, 2]);
    expect(inodes(olderThan(all, undefined))).to.deep.equal([0, 1, 2]);
  });
});
