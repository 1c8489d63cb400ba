/** Messages that the brokers refuse, one of fifty. */

import { asWriter } from '../access.ts';
import { seconds } from '../acts.ts';
import { javaWriter } from '../java-properties.ts';
import { POISON_KINDS } from '../poison.ts';
import type { Row } from '../row.ts';

export const POISON: readonly Row[] = POISON_KINDS.map((poison) => ({
  name: `poison, 1 of 50: ${poison}`,
  poison,
  settings: (kafka) => ({ config: asWriter(kafka), java: javaWriter(kafka) }),
  event: async () => {
    await seconds(8);
    return undefined;
  },
  rest: 0,
}));
