/** Changes bytes as noise, faulty software and attackers do: a function of its random numbers alone. */

import type { Random } from '../chaos/random.ts';

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const MOST_MUTATIONS = 4;
const LONGEST_PART = 64;
const GROWTH = 4096;
/** Numbers at which code goes wrong, as four bytes. */
const ODD_NUMBERS = [0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000, 0x01000000];

const at = (bytes: Buffer, random: Random): number => random.whole(0, Math.max(bytes.length - 1, 0));

function part(bytes: Buffer, random: Random): Buffer {
  const from = at(bytes, random);
  return bytes.subarray(from, from + random.whole(1, LONGEST_PART));
}

/** Returns a copy with `change` in the place of `removed` bytes at a random place. */
function spliced(bytes: Buffer, random: Random, change: Buffer, removed = change.length): Buffer {
  const from = at(bytes, random);
  return Buffer.concat([bytes.subarray(0, from), change, bytes.subarray(from + removed)]);
}

function flipBit(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  const index = at(bytes, random);
  copy[index] = (copy[index] ?? 0) ^ (1 << random.whole(0, 7));
  return copy;
}

function oddNumber(bytes: Buffer, random: Random): Buffer {
  const number = Buffer.alloc(4);
  number.writeInt32BE(random.pick(ODD_NUMBERS) | 0);
  return spliced(bytes, random, number.subarray(random.pick([0, 2, 3])));
}

const noise = (length: number, random: Random): Buffer =>
  Buffer.from(Array.from({ length }, () => random.whole(0, 255)));

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  flipBit,
  oddNumber,
  oddNumber,
  (bytes, random) => bytes.subarray(0, at(bytes, random)),
  (bytes, random) => spliced(bytes, random, Buffer.alloc(0), random.whole(1, LONGEST_PART)),
  (bytes, random) => spliced(bytes, random, part(bytes, random), 0),
  (bytes, random) => spliced(bytes, random, noise(random.whole(1, LONGEST_PART), random)),
  (bytes, random) => spliced(bytes, random, Buffer.alloc(random.whole(1, GROWTH), random.whole(0, 255)), 0),
  (bytes, random) => spliced(bytes, random, Buffer.alloc(random.whole(1, LONGEST_PART), random.pick([0, 255]))),
];

/** Returns the bytes with some mutations; they may be fewer or more than before. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let mutated = bytes;
  for (let left = random.whole(1, MOST_MUTATIONS); left > 0; left--) mutated = random.pick(MUTATIONS)(mutated, random);
  return mutated;
}
