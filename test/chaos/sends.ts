/** Who has sent what to the broker, and why a message was sent again: that is what may have come twice. */

/** One connection of one worker of one process. */
export interface Sender {
  readonly round: number;
  readonly worker: number;
  readonly connection: number;
}

export class Sends {
  readonly #senders: Sender[] = [];
  /** The senders of each message, oldest first; one alone is no list, as there are millions. */
  readonly #of = new Map<number, number | number[]>();

  sent(sender: Sender, ids: readonly number[]): void {
    const last = this.#senders.at(-1);
    if (last === undefined || !same(last, sender)) this.#senders.push({ ...sender });
    const number = this.#senders.length - 1;
    for (const id of ids) this.#add(id, number);
  }

  #add(id: number, sender: number): void {
    const before = this.#of.get(id);
    if (before === undefined) this.#of.set(id, sender);
    else if (Array.isArray(before)) before.push(sender);
    else this.#of.set(id, [before, sender]);
  }

  /** Who has sent message `id`: round, worker and connection. */
  senders(id: number): string[] {
    return this.#sendersOf(id).map(({ round, worker, connection }) => `${round}/${worker}/${connection}`);
  }

  /** The rounds in which message `id` was sent. */
  rounds(id: number): number[] {
    return this.#sendersOf(id).map(({ round }) => round);
  }

  #sendersOf(id: number): Sender[] {
    const of = this.#of.get(id) ?? [];
    return (Array.isArray(of) ? of : [of]).map((number) => this.#senders[number] as Sender);
  }

  /** Why message `id` may have arrived more than once: a cause for each time but the first. */
  causes(id: number, arrivals: number, killedIn: (round: number) => string): string[] {
    const senders = this.#sendersOf(id);
    const again = senders.slice(1).map((sender, index) => why(senders[index] as Sender, sender, killedIn));
    return Array.from({ length: arrivals - 1 }, (_, index) => again[index] ?? UNEXPLAINED);
  }
}

/** It came more often than it was sent. */
export const UNEXPLAINED = 'unexplained';

/** The client has repeated a request inside a broken connection, and the broker does not look at sequence numbers. */
export const BLIND_BROKER = 'repeated by the client to a broker that does not look';

const same = (a: Sender, b: Sender): boolean =>
  a.round === b.round && a.worker === b.worker && a.connection === b.connection;

function why(before: Sender, after: Sender, killedIn: (round: number) => string): string {
  if (before.round !== after.round) return `killed: ${killedIn(before.round)}`;
  if (before.worker !== after.worker) return 'the worker ended';
  return before.connection === after.connection ? 'tried again on its connection' : 'the connection was reset';
}
