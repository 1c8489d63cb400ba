/** The form in which the kinds that write lines write a message. */

import { z } from 'zod';

export const lineFormat = () =>
  z
    .enum(['message', 'value'])
    .default('message')
    .describe(
      'What a line is: a JSON object with the whole message, or the value alone, as its bytes are. Default: message.',
    );

export type LineFormat = 'message' | 'value';
