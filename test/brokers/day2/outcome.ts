/** What a producer came to in a row. */

import { withAdmin } from '../admin.ts';
import type { ClusterKafka } from '../index.ts';
import { count, type Figures, figuresOf, lostOf, type MustArrive, type Reading } from './figures.ts';
import type { Delivery, Journal, LogLine } from './journal.ts';
import { isPoison, type Plan, placeOf } from './plan.ts';
import { readAll } from './readings.ts';
import { type Affected, type Row, STAMPED } from './row.ts';
import { longestStall } from './stalls.ts';

export interface Outcome extends Figures {
  /** The exit code or signal of its process. */
  readonly ended: string;
  /** What it said outside its log. */
  readonly raw: readonly string[];
  /** Longest times in ms in which a partition stood still: those that the event was about, and the others. */
  readonly stall: { readonly affected: number; readonly elsewhere: number };
  /** Dead letters that neither poison nor the event explains. */
  readonly unexplained: number;
  /** The first one, in ms from the beginning of the event. */
  readonly firstLetter?: { readonly after: number; readonly reason: string };
  /** Longest time in ms from the acceptance of a message to its dead letter. */
  readonly slowestLetter: number;
  /** The first of what was lost, as it was reported; times in ms from the end of the event. */
  readonly lostOnes?: readonly Delivery[];
  /** Messages that the log says are sent again behind later ones. */
  readonly announced: number;
  /** Keys whose messages went to and fro between partitions. */
  readonly wandering: number;
  /** The first line from the beginning of the event on: a warning or an error where there is one. */
  readonly firstLine: string;
  /** From the beginning of the event on. */
  readonly linesASecond: number;
}

export interface Ran {
  readonly row: Row;
  readonly plan: Plan;
  readonly journal: Journal;
  readonly ended: string;
  /** When the event began and had ended, and when the load ended. */
  readonly from: number;
  readonly to: number;
  readonly stopped: number;
  readonly affected: Affected;
}

export async function outcomeOf(ran: Ran, kafka: ClusterKafka): Promise<Outcome> {
  const { journal, plan, affected, ended } = ran;
  const readings = await readAll(kafka, await existing(kafka, plan));
  const lines = journal.log.filter(({ at, level }) => at >= ran.from && at < ran.stopped && level !== 'raw');
  const first = firstLetterOf(ran);
  return {
    ...figuresOf(journal, readings, plan, mustArrive(ran)),
    ...lostOnes(lostOf(journal, readings, mustArrive(ran)), ran),
    ended,
    raw: journal.log.filter(({ level }) => level === 'raw').map(({ text }) => text),
    stall: {
      affected: longestStall(journal, plan, affected),
      elsewhere: longestStall(journal, plan, (place) => !affected(place)),
    },
    unexplained: count(journal.refused.keys(), (id) => !isExplained(ran, id)),
    ...(first && { firstLetter: first }),
    announced: announced(journal),
    wandering: wandering(readings, plan),
    firstLine: firstLine(lines),
    linesASecond: (lines.length / (ran.stopped - ran.from)) * 1000,
    slowestLetter: slowestLetter(journal),
  };
}

/** A topic that is gone holds nothing. */
async function existing({ bootstrapServers }: ClusterKafka, { topics }: Plan): Promise<string[]> {
  const known = await withAdmin({ brokers: bootstrapServers.plaintext.split(',') }, (admin) => admin.listTopics());
  return topics.map(({ name }) => name).filter((name) => known.includes(name));
}

function isExplained({ row, plan, affected }: Ran, id: number): boolean {
  if (isPoison(plan, id)) return true;
  return row.limits?.letters === 'of the first topics' && affected(placeOf(plan, id));
}

/** A report may come long after its message was stored: on a busy machine a deletion and a creation fit in between. */
export const mustArrive =
  ({ row, to }: Pick<Ran, 'row' | 'to'>): MustArrive =>
  ({ at, timestamp }) => {
    const isStamped = row.topic?.configs?.['message.timestamp.type'] === STAMPED['message.timestamp.type'];
    return !row.destroys || ((isStamped && timestamp) || at) > to;
  };

const MOST_LOST = 10;

function lostOnes(lost: readonly Delivery[], { to }: Ran): Pick<Outcome, 'lostOnes'> {
  if (lost.length === 0) return {};
  return { lostOnes: lost.slice(0, MOST_LOST).map((delivery) => ({ ...delivery, at: delivery.at - to })) };
}

const slowestLetter = ({ accepted, refused }: Journal) =>
  Math.max(0, ...[...refused].map(([id, { at }]) => at - (accepted.get(id) ?? at)));

function firstLetterOf({ journal, from }: Ran): Outcome['firstLetter'] {
  const [earliest] = [...journal.refused.values()].sort((a, b) => a.at - b.at);
  return earliest && { after: earliest.at - from, reason: earliest.reason };
}

/** In the order of its numbers a key's messages may change their partition once, when partitions are added. */
function wandering(readings: readonly Reading[], plan: Plan): number {
  const byKey = new Map<string, number[]>();
  for (const { id, partition } of readings.toSorted((a, b) => a.id - b.id)) {
    const { topic, key } = placeOf(plan, id);
    const partitions = byKey.get(`${topic} ${key}`) ?? [];
    if (partitions.at(-1) !== partition) partitions.push(partition);
    byKey.set(`${topic} ${key}`, partitions);
  }
  return count(byKey.values(), (partitions) => partitions.length > 2);
}

const RESENT = /^(\d+) messages of the topic .* sent again, behind later ones/;

const announced = ({ log }: Journal) => log.reduce((sum, { text }) => sum + Number(RESENT.exec(text)?.[1] ?? 0), 0);

const firstLine = (lines: readonly LogLine[]) =>
  (lines.find(({ level }) => level === 'warn' || level === 'error') ?? lines[0])?.text ?? '';
