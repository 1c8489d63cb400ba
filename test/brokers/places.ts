/** Where the brokers keep what they need: their jars, and a folder for each shape that is up. */

import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REPOSITORY } from '../support/repository.ts';

/** `single`: one broker with every listener. `cluster`: three brokers, plain text. */
export const SHAPES = ['single', 'cluster'] as const;

export type Shape = (typeof SHAPES)[number];

/** The folder of these sources. */
export const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Another folder gives brokers of one's own beside those of others. */
const HOME = resolve(process.env.BROKERS_DIR ?? join(REPOSITORY, '.brokers'));

/** The jars, the same for everybody; fetched once. */
export const LIB = resolve(process.env.BROKERS_LIB ?? join(REPOSITORY, '.brokers/lib'));

export const shapeDirectory = (shape: Shape) => join(HOME, shape);

/** There as long as the shape is up: it is written last and removed first. */
export const stateFile = (shape: Shape) => join(shapeDirectory(shape), 'state.json');
