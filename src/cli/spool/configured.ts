/** Finds the spools that a configuration names. */

import type { LoadedProducer } from '../../config/load.ts';

export interface ConfiguredSpool {
  readonly name: string;
  readonly directory: string;
  readonly definition: LoadedProducer;
}

export function spoolsOf(definitions: readonly LoadedProducer[]): ConfiguredSpool[] {
  return definitions.flatMap((definition) => {
    const { spool } = Object(definition.config.queue) as { spool?: { path: string } };
    return spool === undefined ? [] : [{ name: String(definition.config.name), directory: spool.path, definition }];
  });
}
