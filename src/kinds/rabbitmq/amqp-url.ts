/** An AMQP URL: `amqp://user:password@host:port/vhost`. */

export interface AmqpUrl {
  /** Whether the scheme is `amqps:`. */
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  /** Name without its leading slash. Undefined where the URL names none. */
  readonly vhost?: string;
}

const PORTS: Readonly<Record<string, number>> = { 'amqp:': 5672, 'amqps:': 5671 };

/** Parses a URL. Returns undefined for another scheme, a query or a fragment, which have settings in YAML. */
export function parseAmqpUrl(text: string): AmqpUrl | undefined {
  try {
    const url = new URL(text);
    const standard = PORTS[url.protocol];
    if (standard === undefined || url.hostname === '' || url.search !== '' || url.hash !== '') return undefined;
    return {
      isTls: url.protocol === 'amqps:',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || standard),
      ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
      ...(url.username !== '' && { password: decodeURIComponent(url.password) }),
      // A slash alone stands for the default vhost, whose name is a slash.
      ...(url.pathname.length > 1 && { vhost: decodeURIComponent(url.pathname.slice(1)) }),
    };
  } catch {
    return undefined; // no URL, or an invalid percent-encoding
  }
}
