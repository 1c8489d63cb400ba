/**
 * Files that librdkafka opens by itself. It would wait for the writer of a pipe, on the thread that makes the client, where no signal
 * ends the wait; and a device may have no end.
 */

import { notReread } from '../../config/schema/file-path.ts';
import type { KafkaFields } from './fields.ts';
import { plainName } from './raw-properties.ts';

const NAMES_FILE = /\.(?:location|file|keytab)$/;

/** Why a raw property's file cannot be given to librdkafka; undefined where it can, or is not there, which librdkafka says itself. */
export const oddFile = (name: string, value: string): string | undefined =>
  NAMES_FILE.test(plainName(name)) ? notReread(value) : undefined;

/** Whether a setting names such a file, which has been reported where it is named. */
export const hasOddFile = ({ ssl_cafile, ssl_certfile, ssl_keyfile }: Readonly<Partial<KafkaFields>>): boolean =>
  [ssl_cafile, ssl_certfile, ssl_keyfile].some((path) => typeof path === 'string' && notReread(path) !== undefined);
