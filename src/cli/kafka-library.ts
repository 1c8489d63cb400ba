/** The librdkafka that the command runs on, for its reports. */

import { describeLibrary, type LibraryDescription, libraryText } from '../kinds/kafka/librdkafka/inspect/library.ts';
import { loadNative } from '../kinds/kafka/librdkafka/native/load.ts';
import { errorText } from '../shared/error-text.ts';
import { oneLine } from '../shared/util/one-line.ts';

/** The library that is loaded, or why none is. One of the two is null. */
export interface UsedLibrary {
  readonly librdkafka: LibraryDescription | null;
  readonly librdkafkaError: string | null;
}

export const NOT_ASKED: UsedLibrary = { librdkafka: null, librdkafkaError: null };

export function usedLibrary(): UsedLibrary {
  try {
    return { librdkafka: describeLibrary(loadNative()), librdkafkaError: null };
  } catch (error) {
    return { librdkafka: null, librdkafkaError: errorText(error) };
  }
}

const INSTEAD = "the driver 'node-rdkafka' is used if it is installed";

/** Returns a line for a report; undefined where no library was asked for. */
export function libraryLine({ librdkafka, librdkafkaError }: UsedLibrary): string | undefined {
  if (librdkafka !== null) return libraryText(librdkafka);
  return librdkafkaError === null ? undefined : oneLine(`librdkafka none (${librdkafkaError}): ${INSTEAD}`);
}
