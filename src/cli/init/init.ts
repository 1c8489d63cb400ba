/** `produce init`: writes a commented configuration with a producer of each kind that is asked for. */

import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Sample } from '../../kinds/common/sample.ts';
import { KINDS } from '../../kinds/registry.ts';
import { STANDARD } from '../flags.ts';
import { say } from '../output.ts';
import { newFile, type Sink, standardOutput } from '../print.ts';
import { EXIT, type ExitCode, UsageError } from '../process/exit.ts';
import { CUSTOM_CLASS, CUSTOM_SAMPLE } from './custom-class.ts';
import { sampleText } from './sample-text.ts';

export interface InitOptions {
  readonly kinds: readonly string[];
  /** Path of a new file, or `-`. @default the standard output */
  readonly output?: string;
}

const SAMPLES: Readonly<Record<string, Sample>> = {
  ...Object.fromEntries(Object.entries(KINDS).map(([kind, { sample }]) => [kind, sample])),
  custom: CUSTOM_SAMPLE,
};

/** The kinds that `produce init` has a sample of, which are all. */
export const INIT_KINDS: readonly string[] = Object.keys(SAMPLES);

export const DEFAULT_KIND = 'kafka';

export async function init({ kinds, output = STANDARD }: InitOptions): Promise<ExitCode> {
  const wanted = new Map(demandedOnce(kinds).map((kind) => [kind, SAMPLES[kind] as Sample]));
  const text = sampleText(wanted);
  if (output === STANDARD) {
    if (wanted.has('custom')) throw new UsageError("'custom' needs --output FILE: a class is written next to the file");
    await standardOutput.write(text);
    return EXIT.delivered;
  }
  const files = new Map([[output, text]]);
  if (wanted.has('custom')) files.set(classBeside(output), CUSTOM_CLASS.text());
  await writeAll(files);
  say(`next: produce validate ${output}`);
  return EXIT.delivered;
}

/** Returns the path of the class that belongs to a configuration. @throws UsageError if the configuration has that path itself */
function classBeside(output: string): string {
  const path = join(dirname(output), CUSTOM_CLASS.file);
  if (resolve(path) !== resolve(output)) return path;
  throw new UsageError(`--output ${output}: this is the path of the class that 'custom' needs; name another file`);
}

/** @throws UsageError for a kind that is named twice */
function demandedOnce(kinds: readonly string[]): readonly string[] {
  const twice = kinds.find((kind, at) => kinds.indexOf(kind) !== at);
  if (twice === undefined) return kinds.length === 0 ? [DEFAULT_KIND] : kinds;
  throw new UsageError(`'${twice}' is named twice; a file may have several, copy the one that is written`);
}

/** Writes nothing unless all of the files are new. @throws UsageError */
async function writeAll(files: ReadonlyMap<string, string>): Promise<void> {
  const sinks = new Map<string, Sink>();
  try {
    for (const path of files.keys()) {
      mkdirSync(dirname(path), { recursive: true });
      sinks.set(path, newFile(path));
    }
    for (const [path, sink] of sinks) await sink.write(files.get(path) as string);
  } catch (error) {
    for (const [path] of sinks) rmSync(path, { force: true });
    throw error;
  } finally {
    for (const sink of sinks.values()) sink.close();
  }
  for (const path of files.keys()) say(`wrote ${path}`);
}
