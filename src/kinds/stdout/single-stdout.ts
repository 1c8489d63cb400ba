/** Checks that only one producer of a file writes to the standard output, because two would write into each other's lines. */

import type { CheckFile } from '../../config/load.ts';
import { quote } from '../../config/report/redact.ts';
import { checkUnique, type Unique } from '../../config/unique.ts';

const STDOUT: Unique = {
  at: ['type'],
  sharedBy: ({ type }) => (type === 'stdout' ? type : undefined),
  problem: ({ name, line }) =>
    `producer ${quote(name)}, on line ${line}, has the standard output already: expected one alone`,
};

export const checkStdout: CheckFile = (found, context) => checkUnique(found, STDOUT, context);
