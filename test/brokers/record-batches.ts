/** Counts the record batches in a broker's files: what a producer has sent in one piece to one partition. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Broker } from './state.ts';

/** Of a record batch of version 2: base offset, length of what follows, epoch, magic, CRC, attributes. */
const LENGTH_AT = 8;
const PREFIX_BYTES = 12;
const ATTRIBUTES_AT = 21;
/** Markers of transactions, which no producer has sent. */
const CONTROL = 0x20;

/** Those of all topics whose names begin so. */
export function recordBatches({ directory }: Broker, topicPrefix: string): number {
  const data = join(directory, 'data');
  const folders = readdirSync(data).filter((name) => name.startsWith(topicPrefix));
  return folders.map((folder) => inFolder(join(data, folder))).reduce((sum, count) => sum + count, 0);
}

function inFolder(folder: string): number {
  const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
  return logs.map((name) => inFile(readFileSync(join(folder, name)))).reduce((sum, count) => sum + count, 0);
}

function inFile(log: Buffer): number {
  let count = 0;
  for (let at = 0; at + ATTRIBUTES_AT + 2 <= log.length && log.readInt32BE(at + LENGTH_AT) > 0; ) {
    if ((log.readInt16BE(at + ATTRIBUTES_AT) & CONTROL) === 0) count++;
    at += PREFIX_BYTES + log.readInt32BE(at + LENGTH_AT);
  }
  return count;
}
