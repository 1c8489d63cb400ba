/** The schema of an HTTP producer: its settings and the rules between them. */

import type { z } from 'zod';
import { withRules } from '../../config/schema/rules.ts';
import { HttpFields } from './fields.ts';
import { HTTP_RULES } from './rules.ts';

/** Settings of an HTTP producer. */
export const HttpProducerConfig = withRules(HttpFields, HTTP_RULES);

export type HttpConfig = z.infer<typeof HttpProducerConfig>;
