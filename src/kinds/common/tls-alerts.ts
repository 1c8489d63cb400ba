/** Classifies the TLS alerts of a server by OpenSSL's error codes. */

/** Alerts about a certificate. TLS 1.2 servers report a missing one, and the lack of a common cipher, by HANDSHAKE_FAILURE. */
const CERTIFICATE =
  /ALERT_(?:NO_CERTIFICATE|\w*CERTIFICATE(?:_\w+)?|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE|DECRYPT_ERROR)$/;
const VERSION =
  /ALERT_(?:PROTOCOL_VERSION|INSUFFICIENT_SECURITY|INAPPROPRIATE_FALLBACK|NO_APPLICATION_PROTOCOL|NO_RENEGOTIATION)$/;
/** Errors by which this side refuses the handshake before the server answers. */
const OWN_VERSION = /^ERR_SSL_(?:UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE|NO_SHARED_CIPHER|NO_CIPHERS_AVAILABLE)$/;
const NAME = /UNRECOGNIZED_NAME$/;

/** Subject of an alert. `other` stands for an alert that does not tell the cause. */
export type Alert = 'certificate' | 'version' | 'name' | 'other';

export function alertOf(code: string): Alert | undefined {
  if (CERTIFICATE.test(code)) return 'certificate';
  if (VERSION.test(code) || OWN_VERSION.test(code)) return 'version';
  if (NAME.test(code)) return 'name';
  return code.includes('ALERT') ? 'other' : undefined;
}
