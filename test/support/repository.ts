/** The tests run from `build/`, a mirror of the repository; what is packed, cloned or kept is in the repository itself. */

import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder: where the package.json is that the mirror links to. */
export const REPOSITORY = dirname(realpathSync(fileURLToPath(new URL('../../package.json', import.meta.url))));
