/** An HTTP producer whose server answers with mutated answers. */

import { once } from 'node:events';
import type { Random } from '../../chaos/random.ts';
import { type Reply, ScriptedHttpServer } from '../../support/scripted-http-server.ts';
import { mutate } from '../mutator.ts';
import type { Peer, Wire } from '../wire.ts';

const answer = (status: string, headers: readonly string[], body: string): Buffer =>
  Buffer.from(`HTTP/1.1 ${status}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${body}`);

const ANSWERS: readonly Buffer[] = [
  answer('200 OK', ['content-type: application/json', 'content-length: 11'], '{"ok":true}'),
  answer('204 No Content', ['connection: keep-alive'], ''),
  answer('200 OK', ['transfer-encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n'),
  answer('200 OK', ['content-encoding: gzip', 'content-length: 4'], '\u001f\u008b\b\u0000'),
  answer('400 Bad Request', ['content-type: text/html; charset=utf-16', 'content-length: 14'], '<p>bad</p>body'),
  answer('429 Too Many Requests', ['retry-after: 1', 'content-length: 0'], ''),
  answer('503 Service Unavailable', ['retry-after: Fri, 31 Dec 1999 23:59:59 GMT', 'content-length: 0'], ''),
  answer('307 Temporary Redirect', ['location: http://127.0.0.1:1/', 'content-length: 0'], ''),
  Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), answer('200 OK', ['content-length: 0'], '')]),
];

class HttpAnswers implements Peer {
  mutations = 0;
  readonly #random: Random;
  readonly #share: number;
  #server!: ScriptedHttpServer;

  constructor(random: Random) {
    this.#random = random;
    this.#share = random.next();
  }

  async start(): Promise<this> {
    this.#server = await ScriptedHttpServer.start(() => this.#reply());
    return this;
  }

  get settings() {
    const batch = this.#share < 0.5 ? {} : { batch: { max_messages: 10 } };
    return { type: 'http', url: `${this.#server.url}/in`, request_timeout: '500ms', ...batch };
  }

  #reply(): Reply {
    const random = this.#random;
    const whole = random.pick(ANSWERS);
    if (!random.chance(this.#share)) return { raw: whole, end: random.chance(0.1) };
    this.mutations++;
    if (random.chance(0.02)) return random.pick(['hang', 'close'] as const);
    return { raw: mutate(whole, random), end: random.chance(0.5) };
  }

  async run(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await once(signal, 'abort');
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}

export const httpAnswers: Wire = {
  name: 'http-answers',
  process: 'producer',
  peer: (random) => new HttpAnswers(random).start(),
};
