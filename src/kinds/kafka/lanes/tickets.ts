/** Messages by number: a ticket is the batch's number and the place in the batch, so tickets sort as messages came. */

/** A batch has at most so many messages. */
export const PLACES = 4096;

export const ticketOf = (batch: number, index: number): number => batch * PLACES + index;
export const batchOf = (ticket: number): number => Math.floor(ticket / PLACES);
export const indexOf = (ticket: number): number => ticket % PLACES;

/** What waits, in order. */
export class TicketQueue {
  #tickets: number[] = [];
  #head = 0;

  get length(): number {
    return this.#tickets.length - this.#head;
  }

  get first(): number | undefined {
    return this.#tickets[this.#head];
  }

  push(ticket: number): void {
    this.#tickets.push(ticket);
  }

  shift(): void {
    this.#head++;
    if (this.#head < this.#tickets.length) return;
    this.#tickets = [];
    this.#head = 0;
  }

  /** Takes everything out. */
  drain(): number[] {
    const all = this.#tickets.slice(this.#head);
    this.#tickets = [];
    this.#head = 0;
    return all;
  }

  /** Puts tickets in their places among those that wait. */
  insert(tickets: readonly number[]): void {
    if (tickets.length === 0) return;
    this.#tickets = [...tickets, ...this.drain()].sort((a, b) => a - b);
  }
}
