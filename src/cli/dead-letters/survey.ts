/** Counts the contents of a dead-letter file, and the lines that are no dead letters. */

import type { StoredDeadLetter } from '../../caller/dead-letters/letter-line.ts';
import { unsettled } from './letter-files.ts';

export interface Survey {
  readonly letters: number;
  readonly unreadable: number;
  /** Number of torn lines that a crash has left. */
  readonly torn: number;
  /** Number of dead letters by the producer that they name. */
  readonly byProducer: ReadonlyMap<string, number>;
  /** One line for each problem, up to a bound. */
  readonly problems: readonly string[];
}

const PROBLEMS_SHOWN = 20;

/** Reads the file once and gives each dead letter to `take`. @throws UsageError when the file does not exist, or cannot be read */
export async function survey(file: string, take: (letter: StoredDeadLetter) => void = () => {}): Promise<Survey> {
  const counts = { letters: 0, unreadable: 0, torn: 0 };
  const byProducer = new Map<string, number>();
  const problems: string[] = [];
  const say = (problem: string) => void (problems.length < PROBLEMS_SHOWN && problems.push(problem));
  for await (const { letter, problem, torn, place } of unsettled(file)) {
    if (letter !== undefined) {
      counts.letters++;
      take(letter);
      byProducer.set(letter.producer, (byProducer.get(letter.producer) ?? 0) + 1);
    } else if (torn) {
      counts.torn++;
      say(`${place}  a part of a letter, left by a crash; it was never accepted, and is passed over`);
    } else {
      counts.unreadable++;
      say(problem as string);
    }
  }
  const more = counts.torn + counts.unreadable - problems.length;
  if (more > 0) problems.push(`… and ${more} more such lines`);
  return { ...counts, byProducer, problems };
}
