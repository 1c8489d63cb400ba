/** What a path of a configuration is used for. Each role returns in a few words what came of it. */

import { open } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { DeadLetterFile } from '../../../src/caller/dead-letters/letter-file.ts';
import { readJournal } from '../../../src/cli/dead-letters/journal.ts';
import { targetOf } from '../../../src/cli/dead-letters/letter-files.ts';
import { leaveEmpty } from '../../../src/cli/dead-letters/replay.ts';
import { SOURCE_SCHEMAS } from '../../../src/config/sources/schema.ts';
import { examineConfig } from '../../../src/config/validate.ts';
import { reason, resolveReferences } from '../../../src/config/yaml/references.ts';
import { tlsOptions } from '../../../src/kinds/common/tls-options.ts';
import { AppendFile } from '../../../src/kinds/file/append-file.ts';
import { FileProducerConfig } from '../../../src/kinds/file/schema.ts';
import { HttpProducerConfig } from '../../../src/kinds/http/schema.ts';
import { MemoryProducerConfig } from '../../../src/kinds/memory/schema.ts';
import { readCheckpoint, writeCheckpoint } from '../../../src/pipe/file/checkpoint.ts';
import { lockCheckpoint } from '../../../src/pipe/file/lock.ts';
import { rotate } from '../../../src/shared/files/file-rotation.ts';
import { loadFlock } from '../../../src/shared/files/flock.ts';
import { folderRisk, ownTarget } from '../../../src/shared/files/own-files.ts';
import { readGiven } from '../../../src/shared/files/pipe-reads.ts';
import { type Clock, systemClock } from '../../../src/shared/util/clock.ts';
import { lockSpool } from '../../../src/spool/lock.ts';
import { FollowedFile } from '../followed-file.ts';
import { LogLines } from '../log-lines.ts';
import { until } from '../until.ts';

function inWords(error: unknown): never {
  throw new Error(reason(error));
}

/** The advice around it is another matter. */
function byCause(error: Error): never {
  throw error.cause;
}

/** The content of a file that is no checkpoint is another matter. */
function unlessNone(error: unknown): void {
  if (!/is no checkpoint/.test((error as Error).message)) throw error;
}

type Role = (path: string) => Promise<string>;

const POSITION = { dev: '1', ino: '2', offset: 3, line: 1, head: { bytes: 0, crc: 0 } };
const COMMON = { name: 'n' };
const nothing = () => [];

/** Time passes as fast as it is asked for. */
function hurried(): Clock {
  let ms = 0;
  return {
    now: () => ms,
    sleep: async (more) => {
      ms += more;
      await turn();
    },
  };
}

/** Undefined where it does not wait. */
const reasonToWait = ({ lines }: LogLines): string | undefined =>
  lines.flatMap(({ text }) => /^waiting for .*?: (.*) \{/.exec(text)?.[1] ?? [])[0];

async function followed(path: string, checkpoint: string): Promise<string> {
  const run = new FollowedFile(path, systemClock, { checkpoint });
  try {
    await run.start();
    await until(() => run.sink.given.length > 0 || run.error !== undefined || reasonToWait(run.log) !== undefined);
    if (run.error !== undefined) throw run.error;
    return run.sink.given.length > 0 ? 'done' : `waits: ${reasonToWait(run.log)}`;
  } finally {
    run.source.stop();
    await run.end().catch(() => {});
  }
}

/** Examined as at the start of a producer, before it is used. */
const examined = (schema: Parameters<typeof examineConfig>[0], config: object): void =>
  void examineConfig(schema, { ...COMMON, ...config }, nothing);

/** As a start does it: what the configuration's check refuses is never used. `used`: the same where it had nothing to say. */
export interface Use {
  readonly examine: (path: string) => void | Promise<void>;
  readonly use: Role;
}

export const ROLES: Readonly<Record<string, Use>> = {
  'file producer': {
    examine: (path) => examined(FileProducerConfig, { type: 'file', path }),
    use: async (path) => {
      const file = new AppendFile({ path, sync: 'always', sync_interval: '1s' }, new LogLines());
      try {
        await file.open();
        await file.append(Buffer.from('"ours"\n'));
      } finally {
        await file.close();
      }
      return 'done';
    },
  },
  'dead letters': {
    examine: (path) => examined(MemoryProducerConfig, { type: 'memory', dead_letter: { file: path } }),
    use: async (path) => {
      await new DeadLetterFile(path, {}).append('{}');
      return 'done';
    },
  },
  'replayed dead letters': {
    examine: () => {},
    use: async (path) => {
      const file = await targetOf(path).catch(byCause);
      await rotate(file);
      await leaveEmpty(file).catch(byCause);
      return 'done';
    },
  },
  'file after a replay': {
    examine: () => {},
    use: async (path) => {
      await leaveEmpty(path).catch(byCause);
      return 'done';
    },
  },
  'journal of a replay': {
    examine: () => {},
    use: async (path) => {
      await readJournal(path).catch(byCause);
      return 'done';
    },
  },
  spool: {
    examine: (path) => examined(MemoryProducerConfig, { type: 'memory', queue: { spool: { path } } }),
    use: async (path) => {
      lockSpool(path).release();
      return folderRisk(path) === undefined ? 'done' : `done, though it ${folderRisk(path)}`;
    },
  },
  'followed file': {
    examine: (path) => examined(SOURCE_SCHEMAS.file, { type: 'file', path, checkpoint: `${path}.position` }),
    use: (path) => followed(path, `${path}.position`),
  },
  checkpoint: {
    examine: (path) => examined(SOURCE_SCHEMAS.file, { type: 'file', path: '/proc/self/stat', checkpoint: path }),
    use: async (path) => {
      const target = await ownTarget(path);
      await readCheckpoint(target).catch(unlessNone);
      await (await lockCheckpoint(target))();
      await writeCheckpoint(target, POSITION);
      return 'done';
    },
  },
  certificate: {
    examine: (path) => examined(HttpProducerConfig, { type: 'http', url: 'https://a/', ssl_cafile: path }),
    use: async (path) => {
      tlsOptions({ ssl_cafile: path });
      return 'done';
    },
  },
  configuration: {
    examine: () => {},
    use: async (path) => {
      await readGiven(path, 2 ** 20, hurried()).catch(inWords);
      return 'done';
    },
  },
  '${file:}': {
    examine: () => {},
    use: async (path) => {
      const { problems } = resolveReferences(`\${file:${path}}`, { env: {}, baseDir: '/' });
      if (problems.length > 0) throw new Error(problems[0]);
      return 'done';
    },
  },
};

/** Loads what is loaded at the first use, before another user does that. */
export async function prepare(): Promise<void> {
  loadFlock('a test');
  await (await open('/dev/null')).close();
}
