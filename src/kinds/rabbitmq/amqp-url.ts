/** AMQP's URLs: `amqp://user:password@host:port/vhost`. */

export interface AmqpUrl {
  /** `amqps:`. */
  readonly isTls: boolean;
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  /** Without its slash; undefined where the URL names none. */
  readonly vhost?: string;
}

const PORTS: Readonly<Record<string, number>> = { 'amqp:': 5672, 'amqps:': 5671 };

/** Undefined for what is no such URL, or has a query or a fragment: those settings have names here. */
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
      // A slash alone names the vhost that has one for a name.
      ...(url.pathname.length > 1 && { vhost: decodeURIComponent(url.pathname.slice(1)) }),
    };
  } catch {
    return undefined; // no URL, or a percent sign that encodes nothing
  }
}
