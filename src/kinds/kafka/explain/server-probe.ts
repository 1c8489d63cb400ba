/** Probes one server, a layer at a time: whether its name resolves, it answers, its certificate verifies, and it speaks Kafka. */

import type { Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { LayerFinding } from '../../../caller/check/check.ts';
import { asError } from '../../../shared/errors.ts';
import { open, secure } from '../../common/probe/connect.ts';
import type { Resolve } from '../../common/probe/resolve.ts';
import { certificateProblem, day } from './certificate.ts';
import { type Answer, askVersions } from './conversation.ts';
import { type Diagnosis, unreachable, unresolvable, wantsCertificate } from './diagnosis.ts';
import { closedAfterTls, notKafka, speaksNoTls, speaksTlsOnly, unfinished } from './mismatch.ts';
import { familyOf, type Properties, protocolOf, type Server, wantsTls } from './servers.ts';
import { hasCertificate, tlsOptions, trustsAnybody, UnusableFile } from './trust.ts';

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? asError(error).message;

export class ServerProbe {
  readonly server: Server;
  readonly #properties: Properties;
  readonly #resolve: Resolve;
  #addresses: readonly string[] = [];
  /** The address that has answered. */
  #address = '';

  constructor(server: Server, properties: Properties, resolve: Resolve) {
    this.server = server;
    this.#resolve = resolve;
    this.#properties = properties;
  }

  async probe(end: number): Promise<LayerFinding> {
    for (const layer of ['resolve', 'reach', 'secure'] as const) {
      const finding = await this[layer](end);
      if (finding.problem !== undefined) return finding;
    }
    return {};
  }

  /** Resolves the name. Does not wait beyond the deadline, after which no caller reads the answer. */
  async resolve(end: number): Promise<LayerFinding> {
    const { host, name } = this.server;
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('no answer')), left(end)).unref();
    });
    try {
      this.#addresses = await Promise.race([this.#resolve(host, end, familyOf(this.#properties)), late]);
      return { note: this.#addresses.join(', ') };
    } catch (error) {
      return unresolvable(name, codeOf(error));
    }
  }

  /** Connects to all addresses of the name at once, because the first of several may be refused. */
  async reach(end: number): Promise<LayerFinding> {
    const tries = this.#addresses.map(async (address) => {
      (await open(address, this.server.port, left(end))).destroy();
      return address;
    });
    try {
      this.#address = await Promise.any(tries);
      return {};
    } catch (error) {
      const [first] = (error as AggregateError).errors;
      return unreachable(this.server.name, codeOf(first));
    }
  }

  /** Checks TLS where it is configured, and in any case whether the server speaks Kafka in that way. */
  async secure(end: number): Promise<LayerFinding> {
    try {
      return wantsTls(this.#properties) ? await this.#withTls(end) : await this.#plainly(end);
    } catch (error) {
      if (error instanceof UnusableFile) return error.diagnosis;
      return unreachable(this.server.name, codeOf(error));
    }
  }

  #open(end: number): Promise<Socket> {
    return open(this.#address, this.server.port, left(end));
  }

  /** Opens a connection for further questions. @throws Error when there is none, or the server is not the expected one */
  async connect(end: number): Promise<Socket> {
    const raw = await this.#open(end);
    if (!wantsTls(this.#properties)) return raw;
    const socket = await secure(raw, this.server, left(end), tlsOptions(this.#properties));
    if (!socket.authorizationError || trustsAnybody(this.#properties)) return socket;
    socket.destroy();
    throw new Error(`the certificate of ${this.server.name} does not verify`);
  }

  async #withTls(end: number): Promise<LayerFinding> {
    const options = tlsOptions(this.#properties);
    const socket = await this.#handshake(end, options);
    if (!('encrypted' in socket)) return socket;
    const certificate = socket.getPeerCertificate();
    if (socket.authorizationError && !trustsAnybody(this.#properties)) {
      socket.destroy();
      return certificateProblem(this.server, String(socket.authorizationError), certificate);
    }
    const note = `${socket.getProtocol()}, certificate until ${day(certificate.valid_to)}`;
    return { note, ...(await this.#askThrough(socket, end)) };
  }

  /** Returns a secured connection, or why there is none. */
  async #handshake(end: number, options: ConnectionOptions): Promise<TLSSocket | Diagnosis> {
    const { name } = this.server;
    const raw = await this.#open(end);
    try {
      return await secure(raw, this.server, half(end), options);
    } catch (error) {
      raw.destroy();
      const code = codeOf(error);
      if (/ALERT/.test(code)) return wantsCertificate(name, hasCertificate(this.#properties));
      if ((await this.#answerTo(end)) === 'kafka') return speaksNoTls(name, protocolOf(this.#properties));
      return unfinished(name, code);
    }
  }

  /** With TLS 1.3 the broker refuses the client's certificate only after the handshake. */
  async #askThrough(socket: TLSSocket, end: number): Promise<LayerFinding> {
    try {
      const answer = await askVersions(socket, left(end));
      return answer === 'closed'
        ? closedAfterTls(this.server.name, hasCertificate(this.#properties))
        : (notKafka(this.server.name, answer) ?? {});
    } catch (error) {
      if (/ALERT/.test(codeOf(error))) return wantsCertificate(this.server.name, hasCertificate(this.#properties));
      return closedAfterTls(this.server.name, hasCertificate(this.#properties));
    }
  }

  async #plainly(end: number): Promise<LayerFinding> {
    const { name } = this.server;
    const answer = await askVersions(await this.#open(end), half(end));
    if (answer === 'kafka') return { note: `not used (${protocolOf(this.#properties)})` };
    if (answer === 'tls' || (answer === 'closed' && (await this.#speaksTls(end))))
      return speaksTlsOnly(name, protocolOf(this.#properties));
    return notKafka(name, answer) ?? {};
  }

  async #answerTo(end: number): Promise<Answer> {
    try {
      return await askVersions(await this.#open(end), left(end));
    } catch {
      return 'closed';
    }
  }

  async #speaksTls(end: number): Promise<boolean> {
    const raw = await this.#open(end);
    try {
      (await secure(raw, this.server, left(end), {})).destroy();
      return true;
    } catch (error) {
      raw.destroy();
      return /ALERT/.test(codeOf(error));
    }
  }
}

const left = (end: number): number => Math.max(1, end - performance.now());
/** Half of the time, where a second probe must follow the first. */
const half = (end: number): number => left(end) / 2;
