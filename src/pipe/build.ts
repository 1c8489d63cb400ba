/** Builds sources from their definitions. */

import type { Readable } from 'node:stream';
import type { LoadedSource } from '../config/sources/read.ts';
import type { Logger } from '../shared/log/logger.ts';
import type { Clock } from '../shared/util/clock.ts';
import { FileSource } from './file/file-source.ts';
import { HttpSource } from './http/http-source.ts';
import { Delivery, type Sink } from './sink.ts';
import type { Source } from './source.ts';
import { StdinSource } from './stdin-source.ts';

export interface BuildContext {
  readonly sink: Sink;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly stdin: Readable;
}

export function buildSource(source: LoadedSource, { sink, logger, clock, stdin }: BuildContext): Source {
  const { config } = source;
  switch (config.type) {
    case 'stdin':
      // No client waits for an answer, so the producer's own bounds and its `when_full` decide how many messages are in flight.
      return new StdinSource(config, { delivery: new Delivery(sink, 'queued'), logger, clock, stream: stdin });
    case 'http':
      return new HttpSource(config, source, { delivery: new Delivery(sink, config.acknowledge), logger });
    case 'file':
      return new FileSource(config, source, { delivery: new Delivery(sink, config.acknowledge), logger, clock });
  }
}
