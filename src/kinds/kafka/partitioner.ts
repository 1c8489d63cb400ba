/**
 * Chooses the partition of a message. This happens here and not inside librdkafka, so that known problems of a partition count
 * before a message is on its way to it: it refuses something, or does not answer. The hashes are those of librdkafka's
 * `partitioner`. The default, `murmur2_random`, is that of the Java client.
 */

import { crc32 } from 'node:zlib';

/** Returns a hash of the key; undefined where any partition will do. A `length` below 0 = no key. */
export type KeyHash = (bytes: Uint8Array, at: number, length: number) => number | undefined;

const MURMUR_M = 0x5bd1e995;
const MURMUR_SEED = 0x9747b28c;

/** MurmurHash2 with the seed of the Java client, without its sign. */
export function murmur2(bytes: Uint8Array, at: number, length: number): number {
  const words = at + (length & ~3);
  let hash = MURMUR_SEED ^ length;
  let cursor = at;
  for (; cursor < words; cursor += 4) {
    const word = Math.imul(littleEndian(bytes, cursor), MURMUR_M);
    hash = Math.imul(hash, MURMUR_M) ^ Math.imul(word ^ (word >>> 24), MURMUR_M);
  }
  const rest = length & 3;
  if (rest > 2) hash ^= (bytes[cursor + 2] as number) << 16;
  if (rest > 1) hash ^= (bytes[cursor + 1] as number) << 8;
  if (rest > 0) hash = Math.imul(hash ^ (bytes[cursor] as number), MURMUR_M);
  hash = Math.imul(hash ^ (hash >>> 13), MURMUR_M);
  return (hash ^ (hash >>> 15)) & 0x7fff_ffff;
}

const littleEndian = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);

/** FNV-1a as Sarama computes it: the absolute value of a signed number. */
function fnv1a(bytes: Uint8Array, at: number, length: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let cursor = at; cursor < at + length; cursor++) hash = Math.imul(hash ^ (bytes[cursor] as number), 0x0100_0193);
  return Math.abs(hash);
}

const crc = (bytes: Uint8Array, at: number, length: number): number => crc32(bytes.subarray(at, at + length));

type Hash = (bytes: Uint8Array, at: number, length: number) => number;

/** Hashes every message. A missing key has the hash of an empty one. */
const always =
  (hash: Hash): KeyHash =>
  (bytes, at, length) =>
    hash(bytes, at, Math.max(length, 0));

/** Hashes keys of at least `least` bytes. Shorter or missing keys go to any partition. */
const keyed =
  (hash: Hash, least = 0): KeyHash =>
  (bytes, at, length) =>
    length < least ? undefined : hash(bytes, at, length);

const PARTITIONERS: Readonly<Record<string, KeyHash>> = {
  random: () => undefined,
  consistent: always(crc),
  consistent_random: keyed(crc, 1),
  murmur2: always(murmur2),
  murmur2_random: keyed(murmur2),
  fnv1a: always(fnv1a),
  fnv1a_random: keyed(fnv1a),
};

/** Returns the hash of librdkafka's partitioner with this name. librdkafka itself refuses other names. */
export const keyHash = (name: string): KeyHash => PARTITIONERS[name] ?? keyed(murmur2);
