/** `produce dead-letters replay`: sends the dead letters of a file again, and removes those that are acknowledged. */

import { constants } from 'node:fs';
import { basename } from 'node:path';
import type { StoredDeadLetter } from '../../caller/dead-letters/letter-line.ts';
import type { LoadedProducer } from '../../config/load.ts';
import { syncName } from '../../shared/files/durable.ts';
import { rotate, rotatedFiles } from '../../shared/files/file-rotation.ts';
import { openOwn } from '../../shared/files/own-files.ts';
import { statIfThere } from '../../shared/files/whole-reads.ts';
import { nameOf, noSuchProducer, readDefinitions } from '../configuration.ts';
import { counted, result, say } from '../output.ts';
import { sayIfTooFew } from '../process/descriptor-limit.ts';
import { EXIT, type ExitCode, UsageError, worst } from '../process/exit.ts';
import { GRACE_MS } from '../process/interrupt.ts';
import { buildSubject, type Subject, startSubject } from '../producer-session.ts';
import { deliveries, type ProgressFlags, withProgress } from '../progress/show.ts';
import { sendTable, summarize } from '../summary.ts';
import { deliveredOf, Journal } from './journal.ts';
import { replaceableOf } from './letter-files.ts';
import { lock } from './lock.ts';
import { readDeadLetters } from './read-letters.ts';
import { replayable } from './replayable.ts';
import { Resending, type Resent } from './resending.ts';
import { merge, removeOrphans, settleFile } from './settle-file.ts';
import { lineText, reasonText } from './shown-letter.ts';
import { type Survey, survey } from './survey.ts';
import { writing } from './writing.ts';

export interface ReplayOptions extends ProgressFlags {
  readonly file: string;
  readonly config: string;
  /** Name of the producer for all dead letters. @default the one that each dead letter names */
  readonly producer?: string;
  /** Maximum number of dead letters to send. */
  readonly limit?: number;
  readonly dryRun?: boolean;
  readonly timeoutMs: number;
  readonly verbose?: boolean;
  readonly signal: AbortSignal;
}

export async function replay(options: ReplayOptions): Promise<ExitCode> {
  const definitions = await readDefinitions(options.config, options.signal);
  const file = await replaceableOf(options.file);
  const found = await survey(file);
  for (const problem of found.problems) say(problem);
  if (found.letters === 0 && found.unreadable > 0) throw new UsageError(`${options.file} holds no dead letter`);
  const wanted = producersOf(found, definitions, options);
  if (options.dryRun || found.letters === 0) return foretold(found, options);
  sayIfTooFew(wanted);
  const unlock = await lock(file);
  try {
    return await replayThrough(wanted, found, { ...options, file });
  } finally {
    await unlock();
  }
}

/** Returns the producers before any file is changed. @throws UsageError when the configuration lacks a dead letter's producer */
function producersOf(
  { byProducer }: Survey,
  definitions: readonly LoadedProducer[],
  { producer, config }: ReplayOptions,
): LoadedProducer[] {
  const names = producer === undefined ? [...byProducer.keys()] : [producer];
  const strange = names.find((name) => !definitions.some((one) => nameOf(one) === name));
  if (strange !== undefined) {
    const { message } = noSuchProducer(strange, { config, definitions });
    const whose = `; ${namedBy(byProducer.get(strange) ?? 0)}, and -p NAME sends through another one`;
    throw new UsageError(`${message}${producer === undefined ? whose : ''}`);
  }
  return definitions.filter((one) => names.includes(nameOf(one)));
}

const namedBy = (letters: number): string => `${counted(letters, 'letter')} ${letters === 1 ? 'names' : 'name'} it`;

/** The result of a run that failed before it had one. Null stands for an unknown number. */
export const NOTHING_REPLAYED = {
  letters: null,
  delivered: null,
  failed: null,
  left: null,
  unreadable: null,
  producers: [],
};

function foretold(
  { letters, byProducer, unreadable }: Survey,
  { producer, json, file, limit }: ReplayOptions,
): ExitCode {
  const through = producer === undefined ? [...byProducer] : [[producer, letters] as const];
  for (const [name, count] of through) say(`would send ${counted(count, 'letter')} through ${lineText(name)}`);
  if (limit !== undefined && limit < letters) say(`but no more than ${counted(limit, 'letter')} in all`);
  if (letters === 0) say(`${file}: no dead letters`);
  if (json)
    result({ ok: unreadable === 0, letters, delivered: 0, failed: 0, left: letters, unreadable, producers: [] });
  return unreadable === 0 ? EXIT.delivered : EXIT.usage;
}

type Replaying = ReplayOptions & { readonly file: string };

async function replayThrough(wanted: readonly LoadedProducer[], found: Survey, options: Replaying): Promise<ExitCode> {
  const subjects = new Map<string, Subject>();
  const shutdown = async () => void (await Promise.all([...subjects.values()].map((one) => one.close(GRACE_MS))));
  const resending = new Resending({ ...options, shutdown });
  try {
    for (const definition of wanted.map(replayable)) {
      const subject = await buildSubject(definition, { ...options, deadLetter: resending.target });
      subjects.set(subject.name, subject);
    }
    await Promise.all(
      [...subjects.values()].map((one) => startSubject(one, { timeout: options.timeoutMs, signal: options.signal })),
    );
    const total = Math.min(found.letters, options.limit ?? Number.POSITIVE_INFINITY);
    const read = () =>
      deliveries(
        [...subjects.values()].map(({ producer }) => producer),
        total,
      );
    const tally = await withProgress(
      { ...options, title: basename(options.file), read, definitions: wanted },
      async () => {
        const counted = await new Replay(subjects, resending, options).run();
        await shutdown();
        return counted;
      },
    );
    return await report({ tally, found, subjects: [...subjects.values()], stopped: resending.stopped }, options);
  } finally {
    await shutdown();
  }
}

interface Tally {
  delivered: number;
  failed: number;
}

/** Number of failures that are printed one by one. */
const SHOWN = 10;

class Replay {
  readonly #subjects: ReadonlyMap<string, Subject>;
  readonly #resending: Resending;
  readonly #options: Replaying;
  readonly #tally: Tally = { delivered: 0, failed: 0 };
  /** Ids of dead letters that need not be sent any more. `#done` has the ids of those that need not be kept. */
  readonly #seen = new Set<string>();
  readonly #done = new Set<string>();
  readonly #changed = new Map<string, StoredDeadLetter>();
  #offered = 0;

  constructor(subjects: ReadonlyMap<string, Subject>, resending: Resending, options: Replaying) {
    this.#subjects = subjects;
    this.#resending = resending;
    this.#options = options;
  }

  async run(): Promise<Tally> {
    const { file } = this.#options;
    await removeOrphans(file);
    if (((await statIfThere(file))?.size ?? 0) > 0) await writing(file, () => rotate(file));
    let left: string | undefined;
    for (const part of await rotatedFiles(file)) {
      if (this.#isOver) break;
      const remains = await this.#replayPart(part);
      if (remains && left !== undefined) await merge(left, part);
      left = remains ? part : left;
    }
    await this.#resending.allSettled();
    await leaveEmpty(file);
    return this.#tally;
  }

  get #isOver(): boolean {
    return this.#resending.stopped !== undefined || this.#offered >= (this.#options.limit ?? Number.POSITIVE_INFINITY);
  }

  /** Replays one file. Returns whether anything is left of it. */
  async #replayPart(part: string): Promise<boolean> {
    for (const id of await deliveredOf(part)) {
      this.#seen.add(id);
      this.#done.add(id);
    }
    const journal = await Journal.open(part);
    try {
      for await (const { letter, place } of readDeadLetters(part)) {
        if (letter === undefined || this.#seen.has(letter.id)) continue;
        if (this.#isOver || !(await this.#replayOne(letter, place, journal))) break;
      }
    } finally {
      // Also when the rest of the file cannot be read, because the sent dead letters must be remembered.
      await this.#resending.allSettled();
      await journal.close();
    }
    return settleFile(part, { done: this.#done, changed: this.#changed });
  }

  async #replayOne(letter: StoredDeadLetter, place: string, journal: Journal): Promise<boolean> {
    const subject = this.#subjects.get(this.#options.producer ?? letter.producer);
    if (subject === undefined) return true; // it was written after the producers were chosen
    this.#seen.add(letter.id);
    this.#offered++;
    return this.#resending.offer(letter, subject.producer, (outcome) =>
      this.#settled(letter, outcome, { place, journal }),
    );
  }

  async #settled(
    { id, producer }: StoredDeadLetter,
    outcome: Resent,
    at: { place: string; journal: Journal },
  ): Promise<void> {
    if (outcome === 'left') return;
    if (outcome === 'delivered') {
      await at.journal.add(id);
      this.#done.add(id);
      this.#tally.delivered++;
      return;
    }
    this.#changed.set(id, outcome);
    this.#tally.failed++;
    if (this.#tally.failed <= SHOWN) say(`${at.place}  ${lineText(producer)}: ${reasonText(outcome)}`);
    else if (this.#tally.failed === SHOWN + 1) say('… and more; `produce dead-letters ls` shows them');
  }
}

/** Leaves a file, an empty one unless a producer has made it meanwhile. A missing one would look like a misspelt name. */
export const leaveEmpty = (file: string): Promise<void> =>
  writing(file, async () => {
    await (await openOwn(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT)).close();
    await syncName(file); // makes the removal of the other files and their journals durable too
  });

interface Ending {
  readonly tally: Tally;
  readonly found: Survey;
  readonly subjects: readonly Subject[];
  readonly stopped: Error | undefined;
}

async function report({ tally, found, subjects, stopped }: Ending, options: Replaying): Promise<ExitCode> {
  const { limit, signal, json } = options;
  const { delivered, failed } = tally;
  const letters = Math.max(found.letters, delivered + failed); // a producer may have added some
  const left = letters - delivered;
  const expected = Math.min(letters, limit ?? Number.POSITIVE_INFINITY);
  const codes: ExitCode[] = [
    ...(found.unreadable > 0 ? [EXIT.usage] : []),
    ...(delivered < expected || stopped ? [EXIT.undelivered] : []),
  ];
  const code = worst(codes);
  const rows = subjects.map((subject) => summarize(subject, subject.producer.stats()));
  say(`\n${sendTable(rows)}\n`);
  if (stopped && !signal.aborted) say(`error: ${stopped.message}: giving up`);
  const word = code === EXIT.delivered ? 'ok' : signal.aborted ? 'interrupted' : 'FAILED';
  say(`${word}: ${delivered} of ${counted(letters, 'letter')} delivered, ${failed} failed again, ${left} left`);
  const { unreadable } = found;
  if (left + unreadable > 0) await sayLeft(options);
  if (json) result({ ok: code === EXIT.delivered, letters, delivered, failed, left, unreadable, producers: rows });
  return code;
}

/** Prints where the rest is, because the file itself is empty after a replay, or has only what came meanwhile. */
async function sayLeft({ file }: Replaying): Promise<void> {
  // This is only a hint, and an error here must not hide the result of a replay that has ended.
  const parts = await rotatedFiles(file).catch(() => []);
  if (parts.length === 0) return;
  say(`what is left is in ${parts.join(', ')}`);
  say(
    `${file} is for what fails from now on; it and the files above are one: the same command sends all of them again`,
  );
}
