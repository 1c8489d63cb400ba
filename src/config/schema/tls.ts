/** The settings of TLS, the same for every kind that connects to a server. */

import { z } from 'zod';
import { alsoCalled } from '../report/key-hints.ts';
import { filePath } from './file-path.ts';
import { goesWith, type Rule } from './rules.ts';

/** The fields of TLS. `server` is the word for the other side in the descriptions. */
export const tlsFields = (server: string) => ({
  ssl_cafile: alsoCalled(filePath(), 'ca', 'ssl_ca', 'ca_file', 'cacert', 'ssl_ca_location')
    .optional()
    .describe("The certificates of the authorities to trust, in PEM: a path. Default: the system's."),
  ssl_certfile: alsoCalled(filePath(), 'cert', 'client_cert', 'ssl_certificate', 'ssl_certificate_location')
    .optional()
    .describe("The client's certificate, in PEM: a path; needs a key file. Default: none."),
  ssl_keyfile: alsoCalled(filePath(), 'private_key', 'client_key', 'ssl_key', 'ssl_key_location')
    .optional()
    .describe("The key of the client's certificate, in PEM: a path. Default: none."),
  ssl_password: alsoCalled(z.string().min(1), 'passphrase', 'ssl_key_password')
    .optional()
    .describe('The password of the key file; better a reference. Default: none.'),
  ssl_check_hostname: alsoCalled(z.boolean(), 'reject_unauthorized', 'verify')
    .default(true)
    .describe(`Whether the ${server}'s certificate must name the host that was asked for. Default: true.`),
});

export interface TlsFields {
  readonly ssl_cafile?: string | undefined;
  readonly ssl_certfile?: string | undefined;
  readonly ssl_keyfile?: string | undefined;
  readonly ssl_password?: string | undefined;
  readonly ssl_check_hostname: boolean;
}

export const TLS_RULES: readonly Rule<TlsFields>[] = [
  goesWith('ssl_certfile', 'ssl_keyfile'),
  goesWith('ssl_keyfile', 'ssl_certfile'),
  goesWith('ssl_password', 'ssl_keyfile'),
];

const FILES_AND_KEY = ['ssl_cafile', 'ssl_certfile', 'ssl_keyfile', 'ssl_password'] as const;

/** Whether the configuration asks for TLS. The default of `ssl_check_hostname` cannot be told from the choice of it. */
export const namesTls = (config: Readonly<Partial<TlsFields>>): boolean =>
  FILES_AND_KEY.some((key) => config[key] !== undefined) || config.ssl_check_hostname === false;
