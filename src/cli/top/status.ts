/** Asks the operations endpoint of a running process for its figures. */

import { z } from 'zod';
import { oneLine } from '../../shared/util/one-line.ts';
import { systemCode } from '../../shared/util/system-code.ts';

const count = z.number();
const usage = z.object({ bytes: count, maxBytes: count });

/** The part of a producer's figures that the table has. */
const ProducerFigures = z.object({
  kind: z.string(),
  state: z.string(),
  connection: z.string(),
  ...{ accepted: count, delivered: count, deadLettered: count, dropped: count, undelivered: count, expired: count },
  pending: count,
  oldestMs: count.nullable(),
  queue: usage,
  spool: usage.optional(),
  blockedBy: z.object({ by: z.string(), why: z.string() }).optional(),
});

const Status = z.object({
  version: z.string(),
  pid: count,
  startedAt: z.string(),
  producers: z.record(z.string(), ProducerFigures),
});

export type ProducerFigures = z.infer<typeof ProducerFigures>;
export type Status = z.infer<typeof Status>;

/** What came of asking: the figures, or why there are none. */
export type Asked = { readonly status: Status } | { readonly why: string };

export interface Asking {
  readonly token?: string | undefined;
  readonly timeoutMs: number;
}

/** Largest answer that is read, in bytes. */
const MOST_BYTES = 16 * 2 ** 20;

/** Never rejects: a process that is away is a row of the table. */
export async function ask(endpoint: URL, { token, timeoutMs }: Asking): Promise<Asked> {
  try {
    const response = await fetch(new URL('status', endpoint), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return { why: REFUSALS[response.status] ?? `answered ${response.status}, which no operations endpoint does` };
    }
    return understood(await bounded(response));
  } catch (error) {
    return { why: reasonOf(error, timeoutMs) };
  }
}

const REFUSALS: Readonly<Record<number, string>> = {
  401: 'wants a token: set OUTSPOOL_OPERATIONS_TOKEN',
  404: 'has no operations endpoint at this path',
  421: 'refuses this name of its host: use the address that it listens at',
};

const STRANGE = 'answered something else than the figures of outspool';

async function bounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > MOST_BYTES) throw new RangeError(STRANGE);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function understood(text: string): Asked {
  try {
    const { data } = Status.safeParse(JSON.parse(text));
    return data === undefined ? { why: STRANGE } : { status: data };
  } catch {
    return { why: STRANGE };
  }
}

const CONNECTION_TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'closed the connection',
  ENOTFOUND: 'there is no host of this name',
  EHOSTUNREACH: 'the host cannot be reached',
};

function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  if (cause instanceof Error && cause.message === 'bad port')
    return 'web clients refuse this port: listen at another one';
  const known = CONNECTION_TEXTS[String(systemCode(cause))];
  return known ?? oneLine(cause instanceof Error ? cause.message : message);
}
