/**
 * Asks a server the first questions of librdkafka, ApiVersions and Metadata, and checks the form of the answers. A null list or
 * host there makes librdkafka 2.12.0 end the process, by an assertion for ApiVersions and by a segmentation fault for Metadata.
 */

import type { Socket } from 'node:net';
import { Dialogue, int8, int32 } from './dialogue.ts';
import { Reader } from './reader.ts';

const METADATA = 3;
const VERSIONS = 18;
/** The version that librdkafka requests first, with tagged fields, and the one that every broker understands. */
const NEW_VERSIONS = 3;
const OLD_VERSIONS = 0;
/** UNSUPPORTED_VERSION and INVALID_REQUEST, after which librdkafka asks for the oldest form. */
const ASK_OLDER: ReadonlySet<number> = new Set([35, 42]);

const TAGS = int8(0);
/** A text of one letter, with its length. */
const LETTER = Buffer.from([2, 0x6f]);

/** Questions about no topic, in forms of which each broker accepts one. The newer ones have flags, which are all off. */
const METADATA_FORMS = [
  { version: 12, isCompact: true, body: [int8(1), int8(0), int8(0), TAGS] },
  { version: 9, isCompact: true, body: [int8(1), int8(0), int8(0), int8(0), TAGS] },
  { version: 1, isCompact: false, body: [int32(0)] },
].map(({ body, ...form }) => ({ ...form, body: form.isCompact ? [TAGS, ...body] : body }));

/** The highest version of each request that the server accepts; undefined where it refuses the question. */
type Versions = ReadonlyMap<number, number> | undefined;

/** Whether the answers have Kafka's form. Closes the connection. @throws Error without such an answer, which librdkafka survives */
export async function answersAsKafka(socket: Socket, asksMetadata: boolean, end: number): Promise<boolean> {
  const dialogue = new Dialogue(socket, end);
  try {
    const versions = await askVersions(dialogue);
    if (asksMetadata && versions?.has(METADATA)) await askMetadata(dialogue, versions.get(METADATA) as number);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  } finally {
    dialogue.close();
  }
}

async function askVersions(dialogue: Dialogue): Promise<Versions> {
  const body = [TAGS, LETTER, LETTER, TAGS];
  const answer = new Reader(await dialogue.ask({ api: VERSIONS, version: NEW_VERSIONS, body }));
  const code = answer.int16();
  if (code === 0) return versionsOf(answer, true);
  return ASK_OLDER.has(code) ? askOldVersions(dialogue) : undefined;
}

async function askOldVersions(dialogue: Dialogue): Promise<Versions> {
  const answer = new Reader(await dialogue.ask({ api: VERSIONS, version: OLD_VERSIONS, body: [] }));
  return answer.int16() === 0 ? versionsOf(answer, false) : undefined;
}

function versionsOf(answer: Reader, isCompact: boolean): Versions {
  const rows = answer.list(isCompact, (): [number, number] => {
    const [api, _lowest, highest] = [answer.int16(), answer.int16(), answer.int16()];
    answer.tags(isCompact);
    return [api, highest];
  });
  return new Map(rows);
}

/** Asks for the brokers, and for no topic. */
async function askMetadata(dialogue: Dialogue, highest: number): Promise<void> {
  const form = METADATA_FORMS.find(({ version }) => version <= highest);
  if (form === undefined) return;
  const { version, body, isCompact } = form;
  readMetadata(new Reader(await dialogue.ask({ api: METADATA, version, body })), isCompact);
}

/** Reads the parts that librdkafka survives only if they are well-formed: the lists of brokers and topics. */
function readMetadata(answer: Reader, isCompact: boolean): void {
  answer.tags(isCompact);
  if (isCompact) answer.int32(); // how long the server throttles this client, in ms
  answer.list(isCompact, () => readBroker(answer, isCompact));
  if (isCompact) answer.nullableText(isCompact); // the id of the cluster
  answer.int32(); // the id of the controller
  answer.list(isCompact, () => undefined);
}

function readBroker(answer: Reader, isCompact: boolean): void {
  answer.int32(); // its id
  answer.text(isCompact); // its host
  answer.int32(); // its port
  answer.nullableText(isCompact); // its rack
  answer.tags(isCompact);
}
