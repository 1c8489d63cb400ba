/** librdkafka as one thread of this process uses it. load.ts creates it. */

import type { Koffi } from '../../../../shared/util/koffi.ts';
import type { ThrottleEvents } from '../send/throttle-events.ts';
import type { Layouts } from './abi.ts';
import type { LibC, Librdkafka, Pointer } from './functions.ts';
import type { LibrarySource } from './locate.ts';
import type { OffsetFunctions, TransactionFunctions } from './transaction-functions.ts';

export interface Native extends Layouts {
  readonly koffi: Koffi;
  readonly rdkafka: Librdkafka;
  readonly transactions: TransactionFunctions;
  readonly offsets: OffsetFunctions;
  readonly libc: LibC;
  readonly throttles: ThrottleEvents;
  readonly path: string;
  readonly source: LibrarySource;
  /** The address of `rd_kafka_destroy`, for a thread that runs nothing else. */
  readonly destroyAddress: Pointer;
}
