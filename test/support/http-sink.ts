/** A web server that keeps what it is sent, for the contract suite: by topic, each request once if it heeds their names. */

import { Message } from '../../src/shared/message/message.ts';
import type { ContractServer, ReceivedMessage } from '../../src/testing/contract.ts';
import { Inbox } from './inbox.ts';
import { OK, type ReceivedRequest, type Reply, ScriptedHttpServer } from './scripted-http-server.ts';

export const USER = 'contract';
export const PASSWORD = 'right';

/** What every request has beside the message's own headers. */
const OF_THE_REQUEST = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'user-agent',
  'idempotency-key',
  'authorization',
]);

type Received = ReceivedMessage & { readonly topic: string };

export class HttpSink implements ContractServer {
  readonly inbox = new Inbox();
  readonly #known = new Set<string>();
  #server: ScriptedHttpServer | undefined;
  #port = 0;
  #requests = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  requests(): number {
    return this.#requests;
  }

  async interrupt(): Promise<void> {
    await this.#server?.stop();
  }

  async restore(): Promise<void> {
    this.#server = await ScriptedHttpServer.start((request) => this.#answer(request), { port: this.#port });
    this.#port = this.#server.port;
  }

  #answer(request: ReceivedRequest): Reply {
    const authorization = request.headers.get('authorization');
    const right = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
    // As careless as servers are: it says what it was told.
    if (authorization !== right) return { status: 401, body: `no: ${authorization} (${decoded(authorization)})` };
    if (request.body.includes('poison')) return { status: 422, body: 'poison' };
    const name = request.headers.get('idempotency-key') ?? '';
    if (this.#known.has(name)) return OK;
    this.#known.add(name);
    this.#requests++;
    for (const { topic, ...message } of messagesIn(request)) this.inbox.add(topic, message);
    return OK;
  }
}

const decoded = (authorization = ''): string => Buffer.from(authorization.slice('Basic '.length), 'base64').toString();

function messagesIn(request: ReceivedRequest): Received[] {
  const type = request.headers.get('content-type');
  if (type === 'application/x-ndjson')
    return String(request.body)
      .trimEnd()
      .split('\n')
      .map((line) => Message.fromJSON(JSON.parse(line)));
  const url = new URL(request.path, 'http://localhost');
  return [
    {
      topic: decodeURIComponent(url.pathname.slice(1)),
      key: percentDecoded(url.search.slice('?key='.length)),
      value: request.body,
      headers: ownHeaders(request),
    },
  ];
}

const ownHeaders = ({ rawHeaders }: ReceivedRequest): ReceivedMessage['headers'] =>
  rawHeaders
    .filter(([name, value]) => !OF_THE_REQUEST.has(name.toLowerCase()) || isGivenType(name, value))
    .map(([name, value]) => [name, Buffer.from(value, 'latin1')]);

const isGivenType = (name: string, value: string): boolean =>
  name.toLowerCase() === 'content-type' && value !== 'application/octet-stream';

/** A key need not be text. */
function percentDecoded(text: string): Buffer | null {
  if (text === '') return null;
  const latin1 = text.replaceAll(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(latin1, 'latin1');
}
