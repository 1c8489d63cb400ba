/** Message ids that leased messages had before they came to this producer. A replayed dead letter has one. */

import type { LeaseMessage } from '../../shared/protocol.ts';

export class Identities {
  readonly #ids = new Map<number, string>();

  take(leases: readonly LeaseMessage[]): void {
    for (const { ids } of leases) for (const [sequence, id] of ids ?? []) this.#ids.set(sequence, id);
  }

  of(sequence: number): string | undefined {
    return this.#ids.get(sequence);
  }

  forget(sequence: number): void {
    this.#ids.delete(sequence);
  }
}
