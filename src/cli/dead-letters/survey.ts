/** What is in a dead-letter file, counted, and what in it is no letter. */

import { unsettled } from './letter-files.ts';

export interface Survey {
  readonly letters: number;
  /** Lines that are no letters. */
  readonly unreadable: number;
  /** Parts of lines that a crash has left. */
  readonly torn: number;
  /** How many letters name which producer. */
  readonly byProducer: ReadonlyMap<string, number>;
  /** A line for each thing that is wrong, up to a bound. */
  readonly problems: readonly string[];
}

const PROBLEMS_SHOWN = 20;

/** @throws UsageError when the file is not there, or cannot be read */
export async function survey(file: string): Promise<Survey> {
  const counts = { letters: 0, unreadable: 0, torn: 0 };
  const byProducer = new Map<string, number>();
  const problems: string[] = [];
  const say = (problem: string) => void (problems.length < PROBLEMS_SHOWN && problems.push(problem));
  for await (const { letter, problem, torn, place } of unsettled(file)) {
    if (letter !== undefined) {
      counts.letters++;
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
