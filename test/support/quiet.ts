/** A logger that says nothing. */

import type { Logger } from '../../src/logger.ts';

const nothing = () => {};

export const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
