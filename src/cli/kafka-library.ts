/** The librdkafka that the command runs on, for its reports. */

import { describeLibrary, type LibraryDescription, libraryText } from '../kinds/kafka/librdkafka/inspect/library.ts';
import { loadNative } from '../kinds/kafka/librdkafka/native/load.ts';

/** Returns the description of the library; undefined where none can be loaded. */
export function usedLibrary(): LibraryDescription | undefined {
  try {
    return describeLibrary(loadNative());
  } catch {
    return undefined;
  }
}

/** Returns the description in one line, without the name that stands before it in a table. */
export const libraryLine = (library: LibraryDescription): string => libraryText(library).replace(/^librdkafka /, '');
