/** All rows of the day-2 table, in its order. */

import type { Row } from '../row.ts';
import { ACCESS } from './access.ts';
import { BROKERS } from './brokers.ts';
import { NAMES } from './name.ts';
import { POISON } from './poison.ts';
import { QUOTA } from './quota.ts';
import { REPLICAS } from './replicas.ts';
import { TOPICS } from './topics.ts';

export const ROWS: readonly Row[] = [...POISON, ...QUOTA, ...TOPICS, ...ACCESS, ...BROKERS, ...NAMES, ...REPLICAS];
