/** What became of everything that was accepted. */

import { existsSync, readFileSync } from 'node:fs';
import type { Arrivals } from './arrivals.ts';
import { idOf, isPoison, type Value } from './processes/orders.ts';
import { BLIND_BROKER, type Sends, UNEXPLAINED } from './sends.ts';

/** The books of the last process, which ended in peace. */
export type Outcome = Readonly<
  Record<'accepted' | 'recovered' | 'delivered' | 'deadLettered' | 'spooled' | 'remaining' | 'expired', number>
>;

export interface Evidence {
  readonly accepted: readonly number[];
  readonly arrivals: Arrivals;
  readonly letters: readonly Letter[];
  readonly sends: Sends;
  /** Taken back, by the producer's word: nobody may see them. */
  readonly withdrawn: readonly number[];
  /** Complaints about the books, with their round. */
  readonly books: readonly string[];
  readonly outcome: Outcome | undefined;
  killedIn(round: number): string;
  /** Whether the broker may take requests twice or in another order than they were sent: its network broke in that round. */
  isBlind(round: number): boolean;
}

export interface Verdict {
  readonly accepted: number;
  readonly delivered: number;
  readonly duplicates: number;
  readonly deadLettered: number;
  /** Accepted, and nowhere. */
  readonly lost: number;
  /** Books that do not add up, or say what is not so. */
  readonly unaccounted: number;
  readonly disordered: number;
  /** Arrived although its caller never heard that it was safe; that is no fault. */
  readonly unconfirmed: number;
  readonly causes: Readonly<Record<string, number>>;
  readonly lostIds: readonly number[];
  /** Messages that came first behind a later one, and how both were sent. */
  readonly overtaken: readonly { readonly id: number; readonly text: string }[];
  readonly complaints: readonly string[];
}

export interface Letter {
  readonly id: number;
  readonly poison: boolean;
}

export function readDeadLetters(path: string): Letter[] {
  if (!existsSync(path)) return [];
  // A line that a SIGKILL has cut short is none; its message is still in the spool.
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.flatMap((line) => letterIn(line) ?? []);
}

function letterIn(line: string): Letter | undefined {
  try {
    const { message } = JSON.parse(line) as { message: { value: string } };
    const id = idOf(message.value);
    return id === undefined ? undefined : { id, poison: isPoison((JSON.parse(message.value) as Value).pad) };
  } catch {
    return undefined;
  }
}

export function audit(evidence: Evidence): Verdict {
  const { accepted, arrivals } = evidence;
  const letters = new Set(evidence.letters.map(({ id }) => id));
  const lostIds = accepted.filter((id) => !arrivals.times.has(id) && !letters.has(id));
  const complaints = [...evidence.books, ...contradictions(evidence, letters)];
  const causes = causesOf(evidence);
  const overtaken = arrivals.overtaken.filter(({ id }) => !mayBeBlind(evidence, id));
  return {
    accepted: accepted.length,
    delivered: accepted.filter((id) => arrivals.times.has(id)).length,
    duplicates: Object.values(causes).reduce((sum, count) => sum + count, 0),
    deadLettered: accepted.filter((id) => letters.has(id)).length,
    lost: lostIds.length,
    unaccounted: complaints.length + arrivals.strange,
    disordered: overtaken.length,
    unconfirmed: arrivals.times.size - accepted.filter((id) => arrivals.times.has(id)).length,
    causes,
    lostIds,
    overtaken: overtaken.map(({ id, by }) => ({
      id,
      text: `${sentText(evidence, id)} came behind ${sentText(evidence, by)}`,
    })),
    complaints,
  };
}

const sentText = ({ sends }: Evidence, id: number): string => `${id} (sent by ${sends.senders(id).join(', ')})`;

/** Where what was said of a message is not what became of it. */
function contradictions({ arrivals, letters, withdrawn, outcome }: Evidence, lettered: ReadonlySet<number>): string[] {
  const seen = withdrawn.filter((id) => arrivals.times.has(id) || lettered.has(id));
  const twice = [...lettered].filter((id) => arrivals.times.has(id));
  const innocent = letters.filter(({ poison }) => !poison);
  return [
    ...seen.map((id) => `${id} was withdrawn, and went out`),
    ...twice.map((id) => `${id} was delivered, and is a dead letter`),
    ...innocent.map(({ id }) => `${id} is a dead letter for nothing`),
    ...lastBooks(outcome),
  ];
}

function lastBooks(outcome: Outcome | undefined): string[] {
  if (outcome === undefined) return ['the last process did not say what became of its messages'];
  const { accepted, recovered, delivered, deadLettered, expired, spooled, remaining } = outcome;
  const settled = delivered + deadLettered + expired;
  if (spooled + remaining === 0 && accepted + recovered === settled) return [];
  return [`the last process leaves books that are not empty: ${JSON.stringify(outcome)}`];
}

/** The embedded cluster checks the sequence numbers of transactions alone. */
const mayBeBlind = ({ sends, isBlind }: Evidence, id: number): boolean => sends.rounds(id).some(isBlind);

function causesOf(evidence: Evidence): Record<string, number> {
  const { arrivals, sends, killedIn } = evidence;
  const causes: Record<string, number> = {};
  for (const [id, times] of arrivals.times) {
    if (times === 1) continue;
    for (const found of sends.causes(id, times, killedIn)) {
      const cause = found === UNEXPLAINED && mayBeBlind(evidence, id) ? BLIND_BROKER : found;
      causes[cause] = (causes[cause] ?? 0) + 1;
    }
  }
  return causes;
}
