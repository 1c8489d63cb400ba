/** What a server's TLS alerts are about, by OpenSSL's codes of them. */

/** HANDSHAKE_FAILURE is how servers of TLS 1.2 report a missing certificate, and also that no cipher is common to both. */
const CERTIFICATE =
  /ALERT_(?:NO_CERTIFICATE|\w*CERTIFICATE(?:_\w+)?|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE|DECRYPT_ERROR)$/;
const VERSION =
  /ALERT_(?:PROTOCOL_VERSION|INSUFFICIENT_SECURITY|INAPPROPRIATE_FALLBACK|NO_APPLICATION_PROTOCOL|NO_RENEGOTIATION)$/;
/** This side refuses before the server says anything. */
const OWN_VERSION = /^ERR_SSL_(?:UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE|NO_SHARED_CIPHER|NO_CIPHERS_AVAILABLE)$/;
const NAME = /UNRECOGNIZED_NAME$/;

/** `other`: an alert that leaves open what is wrong. Undefined: no alert. */
export type Alert = 'certificate' | 'version' | 'name' | 'other';

export function alertOf(code: string): Alert | undefined {
  if (CERTIFICATE.test(code)) return 'certificate';
  if (VERSION.test(code) || OWN_VERSION.test(code)) return 'version';
  if (NAME.test(code)) return 'name';
  return code.includes('ALERT') ? 'other' : undefined;
}
