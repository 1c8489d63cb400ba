/** Claims that together ask for every check of the suite. */

import type { ContractOptions, Features } from '../../../src/testing/contract.ts';
import type { LineServer } from '../../support/line-server.ts';
import { lineOptions } from '../../support/line-subject.ts';

const NOTHING: Features = {
  ordered: false,
  persistent: false,
  headers: false,
  keys: false,
  tombstones: false,
  batches: false,
  exactlyOnce: false,
};

const REFUSED: Partial<Features> = {
  headers: 'refused',
  keys: { text: 'refused', binary: 'refused' },
  tombstones: 'refused',
};

const EMPTY: Partial<Features> = { headers: { text: true, binary: true, empty: true, null: 'empty', repeated: true } };

export function claims(server: LineServer): readonly ContractOptions[] {
  const everything = lineOptions(server);
  const { server: _, ...alone } = everything;
  const features = everything.features as Features;
  return [
    everything,
    { ...everything, features: NOTHING },
    { ...everything, features: { ...features, ...REFUSED } },
    { ...everything, features: { ...features, ...EMPTY } },
    { ...everything, inline: true },
    alone,
    { ...alone, features: NOTHING },
  ];
}
