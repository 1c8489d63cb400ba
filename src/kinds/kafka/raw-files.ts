/**
 * Refuses pipes and devices as files that librdkafka opens by itself. For a pipe librdkafka would wait for the writer, on the
 * thread that makes the client, where no signal ends the wait. A device may have no end.
 */

import { notReread } from '../../config/schema/file-path.ts';
import type { KafkaFields } from './fields.ts';
import { plainName } from './raw-properties.ts';

const NAMES_FILE = /\.(?:location|file|keytab)$/;

/** Returns why a raw property's file cannot be given to librdkafka, which itself reports a missing file; else undefined. */
export const oddFile = (name: string, value: string): string | undefined =>
  NAMES_FILE.test(plainName(name)) ? notReread(value) : undefined;

/** Whether a setting names such a file, which has already been reported at that setting. */
export const hasOddFile = ({ ssl_cafile, ssl_certfile, ssl_keyfile }: Readonly<Partial<KafkaFields>>): boolean =>
  [ssl_cafile, ssl_certfile, ssl_keyfile].some((path) => typeof path === 'string' && notReread(path) !== undefined);
