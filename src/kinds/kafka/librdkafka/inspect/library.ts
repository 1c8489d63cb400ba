/** Describes the loaded librdkafka, for logs and reports. */

import type { LibrarySource } from '../native/locate.ts';
import type { Native } from '../native/native.ts';
import { Inspection } from './inspection.ts';

export interface LibraryDescription {
  readonly version: string;
  readonly source: LibrarySource;
  readonly path: string;
  /** What it was built with, by librdkafka's names: gzip, zstd, ssl, sasl_scram, … */
  readonly features: readonly string[];
}

export function describeLibrary(native: Native): LibraryDescription {
  const { rdkafka, path, source } = native;
  return { version: rdkafka.versionText(), source, path, features: [...new Inspection(native).features()] };
}

const FROM: Readonly<Record<LibrarySource, string>> = {
  OUTSPOOL_LIBRDKAFKA: 'named by OUTSPOOL_LIBRDKAFKA',
  'platform package': 'from the platform package',
  'node-rdkafka': 'compiled by node-rdkafka',
  system: "the system's",
};

/** Returns the description in one line. */
export const libraryText = ({ version, source, path, features }: LibraryDescription): string =>
  `librdkafka ${version}, ${FROM[source]} (${path}), with ${features.join(', ')}`;
