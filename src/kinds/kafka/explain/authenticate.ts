/** Authenticates to a broker by PLAIN or SCRAM, as librdkafka has done before in the same check. */

import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { blob, type Dialogue, text } from './dialogue.ts';
import { type Properties, wantsSasl } from './servers.ts';

const SASL_HANDSHAKE = { api: 17, version: 1 };
const SASL_AUTHENTICATE = { api: 36, version: 0 };
const NONCE_BYTES = 18;
const derive = promisify(pbkdf2);

interface User {
  readonly name: string;
  readonly password: string;
}

/** @throws Error when the broker refuses the user, or for a mechanism that only librdkafka supports */
export async function authenticate(dialogue: Dialogue, properties: Properties): Promise<void> {
  if (!wantsSasl(properties)) return;
  const mechanism = (properties['sasl.mechanisms'] ?? properties['sasl.mechanism'] ?? 'GSSAPI').toUpperCase();
  const user = { name: properties['sasl.username'] ?? '', password: properties['sasl.password'] ?? '' };
  const hash = /^SCRAM-SHA-(256|512)$/.exec(mechanism)?.[1];
  if (hash === undefined && mechanism !== 'PLAIN') throw new Error(`the check does not know ${mechanism}`);
  const answer = await dialogue.ask({ ...SASL_HANDSHAKE, body: [text(mechanism)] });
  if (answer.readInt16BE() !== 0) throw new Error(`the broker does not accept ${mechanism}`);
  if (hash === undefined) await send(dialogue, `\0${user.name}\0${user.password}`);
  else await scram(dialogue, `sha${hash}`, user);
}

/** Authenticates by SCRAM (RFC 5802), without channel binding. */
async function scram(dialogue: Dialogue, hash: string, { name, password }: User): Promise<void> {
  const nonce = randomBytes(NONCE_BYTES).toString('base64');
  const bare = `n=${name.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  const challenge = await send(dialogue, `n,,${bare}`);
  const { r = '', s = '', i = '' } = attributes(challenge);
  if (!r.startsWith(nonce)) throw new Error('the broker answers another SCRAM conversation');
  const hmac = (key: Buffer, message: string) => createHmac(hash, key).update(message).digest();
  const size = createHash(hash).digest().length;
  const clientKey = hmac(await derive(password, Buffer.from(s, 'base64'), Number(i), size, hash), 'Client Key');
  const final = `c=biws,r=${r}`;
  const signature = hmac(createHash(hash).update(clientKey).digest(), `${bare},${challenge},${final}`);
  const proof = clientKey.map((byte, at) => byte ^ (signature[at] as number));
  await send(dialogue, `${final},p=${Buffer.from(proof).toString('base64')}`);
}

const attributes = (message: string): Partial<Record<string, string>> =>
  Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));

/** Sends one message of the mechanism, and returns the broker's. */
async function send(dialogue: Dialogue, message: string): Promise<string> {
  const answer = await dialogue.ask({ ...SASL_AUTHENTICATE, body: [blob(message)] });
  const code = answer.readInt16BE(0);
  if (code !== 0) throw new Error(`the broker refuses the user (${code})`);
  const at = 4 + Math.max(answer.readInt16BE(2), 0);
  const length = answer.readInt32BE(at);
  return answer.toString('utf8', at + 4, at + 4 + Math.max(length, 0));
}
