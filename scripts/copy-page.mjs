/** Copies the page of the operations endpoint into `dist`, as it is: the compiler leaves it alone. What has gone there is removed. */

import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';

const PAGE = 'operations/page';
const ROOT = path.resolve(import.meta.dirname, '..');

rmSync(path.join(ROOT, 'dist', PAGE), { recursive: true, force: true });
cpSync(path.join(ROOT, 'src', PAGE), path.join(ROOT, 'dist', PAGE), { recursive: true });
