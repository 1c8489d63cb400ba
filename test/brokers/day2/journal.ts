/** What became of numbered messages, by the producer's word, and what it logged. Times are in ms since 1970. */

export interface Delivery {
  readonly at: number;
  readonly partition: number;
  /** Undefined where it is not known. */
  readonly offset?: number | undefined;
  /** The record's timestamp, where its report says it: when it was stored, in topics that go by the broker's clock. */
  readonly timestamp?: number | undefined;
}

export interface Refusal {
  readonly at: number;
  readonly reason: string;
}

export interface LogLine {
  readonly at: number;
  readonly level: string;
  readonly text: string;
}

/** As a process says them, one on a line. */
export type Entry =
  | readonly ['ready']
  | readonly ['accepted', id: number, at: number]
  | readonly ['delivered', id: number, at: number, partition: number, offset?: number, timestamp?: number | undefined]
  | readonly ['refused', id: number, at: number, reason: string]
  | readonly ['log', level: string, at: number, text: string]
  | readonly ['ended', remaining: number];

export class Journal {
  readonly accepted = new Map<number, number>();
  readonly delivered = new Map<number, Delivery>();
  readonly refused = new Map<number, Refusal>();
  readonly log: LogLine[] = [];
  /** What was left when the producer ended; undefined when it ended in no order. */
  remaining: number | undefined;

  take(entry: Entry): void {
    switch (entry[0]) {
      case 'accepted':
        this.accepted.set(entry[1], entry[2]);
        break;
      case 'delivered':
        this.delivered.set(entry[1], { at: entry[2], partition: entry[3], offset: entry[4], timestamp: entry[5] });
        break;
      case 'refused':
        this.refused.set(entry[1], { at: entry[2], reason: entry[3] });
        break;
      case 'log':
        this.log.push({ level: entry[1], at: entry[2], text: entry[3] });
        break;
      case 'ended':
        this.remaining = entry[1];
    }
  }
}
