/** The partitions that Kafka's Java client chooses for each of many keys (fixtures/partitions). */

import { readFileSync } from 'node:fs';

const file = new URL('../fixtures/partitions/vectors.csv', import.meta.url);

/** Without the line that says by which version it was made. */
const [head = '', ...rows] = readFileSync(file, 'utf8').trim().split('\n').slice(1);

/** How many partitions the topics have that the vectors are for. */
export const PARTITION_COUNTS = head.split(',').slice(1).map(Number);

/** Each key, and where it belongs in a topic of so many partitions. */
export function javaPartitions(count: number): { key: Buffer; partition: number }[] {
  const column = 1 + PARTITION_COUNTS.indexOf(count);
  return rows.map((row) => {
    const cells = row.split(',');
    return { key: Buffer.from(cells[0] as string, 'hex'), partition: Number(cells[column]) };
  });
}
