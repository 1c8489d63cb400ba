/** Tickets: one number for each message, from its batch's id and its index. They sort in the order of acceptance. */

/** Maximum number of messages in a batch. */
export const PLACES = 4096;

export const ticketOf = (batch: number, index: number): number => batch * PLACES + index;
export const batchOf = (ticket: number): number => Math.floor(ticket / PLACES);
export const indexOf = (ticket: number): number => ticket % PLACES;

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

  drain(): number[] {
    const all = this.#tickets.slice(this.#head);
    this.#tickets = [];
    this.#head = 0;
    return all;
  }

  insert(tickets: readonly number[]): void {
    if (tickets.length === 0) return;
    this.#tickets = [...tickets, ...this.drain()].sort((a, b) => a - b);
  }
}
