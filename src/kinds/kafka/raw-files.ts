/**
 * Refuses files that librdkafka must not open by itself. For a pipe librdkafka would wait for the writer, on the thread that makes
 * the client, where no signal ends the wait. A device may have no end, and a file of `/proc` may never have a byte.
 *
 * The files are checked at each new client, because another program may have replaced them since the last one.
 */

import { pathText, quote } from '../../config/report/redact.ts';
import { notReread } from '../../shared/files/rereads.ts';
import { probeRegular } from '../../shared/files/whole-reads.ts';
import { whyUnread } from '../common/read-pem.ts';
import { plainName, settingFor } from './raw-properties.ts';

const NAMES_FILE = /\.(?:location|file|keytab)$/;

/** Returns why a raw property's file cannot be given to librdkafka, which itself reports a missing file; else undefined. */
export const oddFile = (name: string, value: string): string | undefined =>
  NAMES_FILE.test(plainName(name)) ? (notReread(value) ?? unread(value)) : undefined;

/**
 * Reads one byte of the file, without waiting. Only librdkafka parses the file, so it may have any size. A folder may hold
 * authorities, which OpenSSL reads later, on other threads.
 */
function unread(path: string): string | undefined {
  try {
    probeRegular(path);
    return undefined;
  } catch (error) {
    return isForLibrdkafka(error) ? undefined : `which ${whyUnread(error)}`;
  }
}

/** Whether librdkafka gets the same error at once, and reports it. */
function isForLibrdkafka(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'EISDIR' || (syscall === 'open' && code !== 'EAGAIN');
}

/** Returns which file of the properties cannot be given to librdkafka, and why, in one line; undefined where there is none. */
export function unusableFile(properties: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(properties)) {
    const why = oddFile(name, value);
    if (why !== undefined) return `${sourceOf(name, value)} ${why.replace(/^which /, '')}`;
  }
  return undefined;
}

function sourceOf(name: string, value: string): string {
  if (name === 'ssl.ca.location' && value === process.env.SSL_CERT_FILE)
    return `the file ${value} of the variable SSL_CERT_FILE`;
  const setting = settingFor(name);
  return `the file of ${setting === undefined ? pathText(['client', name]) : quote(setting)}`;
}
