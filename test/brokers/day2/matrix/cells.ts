/** The cells of the poison matrix: all of them, and the sample that every run takes. */

import { KIND_NAMES, type Kind } from '../kinds.ts';
import { POISON_KINDS, type PoisonKind } from '../poison.ts';

export interface Cell {
  readonly poison: PoisonKind;
  /** One message of so many is poison. */
  readonly every: number;
  readonly partitions: number;
  /** `cold`: poison is among the very first messages of a fresh producer. `warm`: it has delivered before. */
  readonly start: 'cold' | 'warm';
  readonly kind: Kind;
}

export const nameOf = ({ poison, every, partitions, start, kind }: Cell) =>
  `${kind}, ${start}: ${poison}, 1 of ${every}, ${partitions} partition${partitions === 1 ? '' : 's'}`;

const EVERY = [5, 50, 500];
const PARTITIONS = [1, 3, 12];
const STARTS = ['cold', 'warm'] as const;

export const ALL: readonly Cell[] = KIND_NAMES.flatMap((kind) =>
  POISON_KINDS.flatMap((poison) =>
    EVERY.flatMap((every) =>
      PARTITIONS.flatMap((partitions) => STARTS.map((start) => ({ poison, every, partitions, start, kind }))),
    ),
  ),
);

const cell = (kind: Kind, start: Cell['start'], poison: PoisonKind, every: number, partitions: number): Cell => {
  return { kind, start, poison, every, partitions };
};

/** Each poison with each driver, each density, number of partitions and start several times. */
export const SAMPLE: readonly Cell[] = [
  cell('plain', 'warm', 'too large', 50, 3),
  cell('plain', 'cold', 'invalid record', 5, 12),
  cell('plain', 'cold', 'old timestamp', 500, 1),
  cell('plain', 'warm', 'denied topic', 5, 3),
  cell('plain', 'cold', 'missing partition', 50, 12),
  cell('node-rdkafka', 'cold', 'too large', 5, 1),
  cell('node-rdkafka', 'warm', 'invalid record', 50, 3),
  cell('node-rdkafka', 'cold', 'denied topic', 500, 12),
  cell('spool', 'warm', 'old timestamp', 5, 3),
  cell('transactional', 'cold', 'too large', 50, 3),
];
