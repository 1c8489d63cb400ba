/** The schema of an HTTP producer: its settings and what they demand of each other. */

import type { z } from 'zod';
import { HttpFields } from './http-fields.ts';
import { HTTP_RULES } from './http-rules.ts';
import { withRules } from './rules.ts';

/** Settings of an HTTP producer. */
export const HttpProducerConfig = withRules(HttpFields, HTTP_RULES);

export type HttpConfig = z.infer<typeof HttpProducerConfig>;
