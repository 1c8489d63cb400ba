/**
 * A read-only view of a spool, for the `produce spool` commands. It locks, cuts, renames and deletes nothing, and an owner that
 * writes meanwhile is not disturbed. The view shows the state at the opening.
 */

import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpoolError } from '../../shared/errors.ts';
import type { NumberRun } from '../../shared/sequence-ranges.ts';
import { reading, refusalOf } from '../files.ts';
import { LOCK_NAME, ownerOf } from '../lock.ts';
import type { ChunkLimits, SpoolChunk } from '../segments/chunk.ts';
import { type Segment, segmentNumber } from '../segments/segment.ts';
import { SpoolReader, type Unreadable } from '../segments/spool-reader.ts';
import { LOG_NAME, settledBy } from '../settlements/settlement-log.ts';
import type { Loss } from './loss.ts';
import { type Recovered, recover } from './recover.ts';
import { verifySegment } from './verify.ts';

/**
 * Maximum number of attempts to list the files. An owner may delete files while they are listed. If that happens this often in
 * a row, there is another cause.
 */
const LISTED_AGAIN = 20;
/**
 * Time in ms after which settlements of the owner are expected in the log. The owner writes them at the end of its turn of
 * the event loop.
 */
const SETTLING_MS = 200;

export class SpoolView {
  readonly directory: string;
  /** Description of the owner, or undefined if there is none. */
  readonly owner: string | undefined;
  readonly segments: readonly Segment[];
  readonly #losses: Loss[];
  readonly #reader: SpoolReader;

  private constructor(directory: string, owner: string | undefined, { segments, unreadable, losses }: Recovered) {
    this.directory = directory;
    this.owner = owner;
    this.segments = segments;
    this.#losses = [...losses];
    this.#reader = new SpoolReader(segments, (run) => this.#unreadable(run));
    const what = 'its header, all its batches and its seal are damaged: nothing can be read';
    for (const segment of unreadable)
      this.#unreadable({ segment, first: segment.first, last: segment.end - 1, skipped: false, what });
  }

  /**
   * Opens a view of the spool in the directory.
   * @throws SpoolError when there is no spool, it cannot be read, or its format is another one
   */
  static open(directory: string): SpoolView {
    assertSpool(directory);
    const owner = ownerOf(directory);
    return new SpoolView(directory, owner, recoverFrom(directory));
  }

  /** Number of messages that have not settled and are not known to be unreadable. */
  get pending(): number {
    return this.segments.reduce((sum, { pending }) => sum + pending, 0);
  }

  /** Bytes on disk, without the settlement log. */
  get bytes(): number {
    return this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  *pendingRuns(): Generator<NumberRun> {
    for (const { settled, first, end } of this.segments) yield* settled.unsettledRuns(first, end);
  }

  /** Names of damaged files that an owner has put aside. */
  get putAside(): string[] {
    return reading(this.directory, () => fs.readdirSync(this.directory)).filter((name) => name.includes('.damaged-'));
  }

  /** Reads the next records that have not settled, from sequence number `from` on. Returns undefined if there are none. */
  read(from: number, limits: ChunkLimits): SpoolChunk | undefined {
    return this.#reader.read(from, limits);
  }

  /** Reads every file to its end. After that, `losses()` returns everything that is wrong. Returns how many records are undamaged. */
  verify(): number {
    let whole = 0;
    for (const { records } of this.verifying()) whole += records;
    return whole;
  }

  /** Does the same file by file, and yields the size of each in bytes and how many of its records are undamaged. */
  *verifying(): Generator<{ readonly bytes: number; readonly records: number }> {
    for (const segment of this.segments) {
      const isReadable = !Number.isNaN(segment.salt);
      const records = isReadable ? this.#verify(segment, segment === this.segments.at(-1)) : 0;
      yield { bytes: segment.bytes, records };
    }
  }

  #verify(segment: Segment, isLast: boolean): number {
    try {
      return verifySegment(segment, isLast, (loss) => this.#losses.push(loss));
    } catch (error) {
      if (!isGone(error)) throw error;
      const { first, end } = segment;
      this.#unreadable({ segment, first, last: end - 1, skipped: false, what: 'the file is not there any more' });
      return 0;
    }
  }

  /**
   * Returns the losses found so far. Messages that the owner delivered while the view was reading, and whose file it deleted,
   * are no loss.
   */
  async losses(): Promise<readonly Loss[]> {
    if (this.owner === undefined || this.#losses.length === 0) return this.#losses;
    await sleep(SETTLING_MS);
    const gone = settledBy(this.directory);
    // The end of a file that is being written may be half-written, which is no loss.
    return this.#losses.filter(({ kind, first, last }) => kind !== 'unconfirmed' && !isWithin(gone, first, last));
  }

  /** Settles unreadable messages in this view only, so that reading goes on after them. */
  #unreadable({ segment, first, last, skipped, what }: Unreadable): void {
    for (const [from, to] of [...segment.settled.unsettledRuns(first, last + 1)]) {
      const loss = { file: segment.path, what, first: from, last: to, count: to - from + 1, bytes: 0 };
      if (!skipped) this.#losses.push({ kind: 'lost', ...loss });
      segment.settled.settle(from, to);
    }
  }

  close(): void {
    this.#reader.close();
  }
}

function assertSpool(directory: string): void {
  const stat = reading(directory, () => fs.statSync(directory, { throwIfNoEntry: false }));
  if (stat === undefined) throw new SpoolError(`${directory}: there is no such directory`);
  if (!stat.isDirectory()) throw new SpoolError(`${directory}: not a directory, as a spool is`);
  const names = reading(directory, () => fs.readdirSync(directory));
  const isOurs = (name: string) => name === LOG_NAME || name === LOCK_NAME || segmentNumber(name) !== undefined;
  if (!names.some(isOurs))
    throw new SpoolError(
      `${directory}: not a spool, which has a ${LOG_NAME} and files such as 0000000000000000.segment`,
    );
}

function recoverFrom(directory: string): Recovered {
  for (let time = 1; ; time++) {
    try {
      return reading(directory, () => recover(directory));
    } catch (error) {
      if (!isGone(error) || time === LISTED_AGAIN) throw error;
    }
  }
}

const isGone = (error: unknown): boolean => refusalOf(error) === 'ENOENT';

const isWithin = (runs: readonly NumberRun[], from: number | undefined, to: number | undefined): boolean =>
  from !== undefined && runs.some(([first, last]) => first <= from && (to ?? from) <= last);
