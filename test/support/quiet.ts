/** A logger that says nothing. */

import type { Logger } from '../../src/shared/log/logger.ts';

const nothing = () => {};

export const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
