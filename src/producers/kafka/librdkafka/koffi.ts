/** koffi, loaded when it is first needed: it is an optional dependency, and importing outspool must work without it. */

import { createRequire } from 'node:module';
import { OutspoolError } from '../../../errors.ts';

export type Koffi = typeof import('koffi');

const require = createRequire(import.meta.url);

export function loadKoffi(): Koffi {
  try {
    return require('koffi') as Koffi;
  } catch (cause) {
    const hint = "npm install koffi, or use the driver 'node-rdkafka'";
    throw new OutspoolError(`the Kafka driver needs the package koffi, which does not load here: ${hint}`, { cause });
  }
}
