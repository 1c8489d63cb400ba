/** The Java programs of this folder: compiled once for each of their versions, where there is a compiler. */

import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { CLASS_PATH, JAVA } from '../java.ts';
import { HERE } from '../places.ts';

const SOURCES = join(HERE, 'day2/java');
const COMPILER = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/javac') : 'javac';
const OPTIONS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx128m'];
const CALL_MS = 60_000;

/** Why the programs cannot be run here; undefined where they can. */
export const withoutJavac = (): string | undefined =>
  spawnSync(COMPILER, ['-version'], { stdio: 'ignore' }).error && `there is no Java compiler (${COMPILER})`;

let compiled: string | undefined;

/** Arguments for `java`. */
export function javaProgram(name: string, ...args: readonly string[]): string[] {
  compiled ??= compile();
  const log = `-Dlog4j2.configurationFile=${join(SOURCES, 'log4j2.properties')}`;
  return [...OPTIONS, log, '-cp', [compiled, CLASS_PATH].join(delimiter), name, ...args];
}

/** Does what kafkajs has no call for; `Day2Admin.java` says what there is. */
export const runAdmin = (...args: readonly string[]) =>
  promisify(execFile)(JAVA, javaProgram('Day2Admin', ...args), { timeout: CALL_MS });

/** Into a folder whose name changes with the sources; complete as soon as it is there. */
function compile(): string {
  const files = readdirSync(SOURCES).filter((file) => file.endsWith('.java'));
  const paths = files.map((file) => join(SOURCES, file));
  const hash = createHash('sha256')
    .update(paths.map((path) => readFileSync(path, 'utf8')).join(''))
    .digest('hex');
  const classes = join(tmpdir(), `outspool-day2-java-${hash.slice(0, 16)}`);
  if (existsSync(classes)) return classes;
  const made = `${classes}.${process.pid}`;
  execFileSync(COMPILER, ['-cp', CLASS_PATH, '-d', made, ...paths], { stdio: 'inherit', timeout: CALL_MS });
  renameSync(made, classes);
  return classes;
}
