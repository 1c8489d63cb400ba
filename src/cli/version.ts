/** `produce version`: what runs here, and which kinds of producers can be used. */

import { inspector, KINDS } from '../kinds/registry.ts';
import { koffiVersion } from '../shared/util/koffi.ts';
import { oneLine } from '../shared/util/one-line.ts';
import { OUTSPOOL_VERSION } from '../shared/version.ts';
import { libraryLine, NOT_ASKED, usedLibrary } from './kafka-library.ts';
import { result, say } from './output.ts';
import { EXIT, type ExitCode } from './process/exit.ts';

export interface VersionOptions {
  readonly json?: boolean;
}

interface KindState {
  readonly kind: string;
  readonly usable: boolean;
  /** Why the kind cannot be used, and what to install. */
  readonly why: string | null;
}

/** A class of the user's own needs nothing of ours but Node. */
const CUSTOM: KindState = { kind: 'custom', usable: true, why: null };

/** The result of a run that failed before it had one. Null stands for what is not known. */
export const NO_VERSIONS = { outspool: null, node: null, platform: null, koffi: null, ...NOT_ASKED, kinds: [] };

/** Always succeeds, because a kind that cannot be used may not be needed. */
export async function version({ json }: VersionOptions): Promise<ExitCode> {
  const kinds = [...(await Promise.all(Object.keys(KINDS).map(stateOf))), CUSTOM];
  const versions = {
    outspool: OUTSPOOL_VERSION,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    koffi: koffiVersion() ?? null,
    ...usedLibrary(),
  };
  const { librdkafka, librdkafkaError, koffi, ...plain } = versions;
  for (const [name, value] of Object.entries({ ...plain, koffi: koffi ?? 'does not load' })) sayRow(name, value);
  sayRow('librdkafka', libraryLine({ librdkafka, librdkafkaError })?.replace(/^librdkafka /, '') ?? 'none');
  for (const { kind, why } of kinds) sayRow(`type: ${kind}`, why === null ? 'can be used' : `cannot be used: ${why}`);
  if (json) result({ ok: true, ...versions, kinds });
  return EXIT.delivered;
}

const NAME_WIDTH = Math.max(...Object.keys(KINDS).map((kind) => `type: ${kind}`.length));

const sayRow = (name: string, value: string) => say(`${name.padEnd(NAME_WIDTH)}  ${oneLine(value)}`);

/** Asks a kind about an empty configuration, in which only what is not installed matters. */
async function stateOf(kind: string): Promise<KindState> {
  const inspect = await inspector(kind, {});
  const finding = inspect({}).find(({ path }) => path[0] === 'type');
  return { kind, usable: finding === undefined, why: finding?.message ?? null };
}
