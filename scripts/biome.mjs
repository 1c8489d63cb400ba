/** Runs Biome, the linter and formatter, with the arguments given. */

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { installApart } from './apart.mjs';

const biome = path.join(installApart('biome', '@biomejs'), 'biome/bin/biome');
const { status } = spawnSync(process.execPath, [biome, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
