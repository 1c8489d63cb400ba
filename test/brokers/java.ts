/** Java, and Apache Kafka's jars for it. */

import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HERE, LIB } from './places.ts';

const OLDEST_JAVA = 17;
const POM = join(HERE, 'pom.xml');
const FETCHED = join(LIB, 'fetched');
const FETCH_MS = 300_000;

/** What is missing or broken, in a line that says so. */
export class BrokersError extends Error {
  override readonly name = 'BrokersError';
}

export const JAVA = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin/java') : 'java';

/** @throws BrokersError unless there is a Java that Kafka runs on */
export function requireJava(): void {
  const { stderr, error } = spawnSync(JAVA, ['-version'], { encoding: 'utf8' });
  const found = error ? 'missing' : (/version "(\d+)/.exec(stderr)?.[1] ?? 'of an unknown version');
  if (!(Number(found) >= OLDEST_JAVA))
    throw new BrokersError(`Apache Kafka needs Java ${OLDEST_JAVA} or later: ${JAVA} is ${found}`);
}

export const CLASS_PATH = join(LIB, '*');

export const kafkaVersion = () => /<kafka.version>(.+)<\/kafka.version>/.exec(readFileSync(POM, 'utf8'))?.[1] ?? '';

/** Fetches the jars unless those of this pom are there already. */
export async function fetchKafka(): Promise<void> {
  const pom = createHash('sha256').update(readFileSync(POM)).digest('hex');
  if (existsSync(FETCHED) && readFileSync(FETCHED, 'utf8') === pom) return;
  requireMaven();
  rmSync(LIB, { recursive: true, force: true });
  const args = ['-B', '-q', '-f', POM, 'package', `-Dlib=${LIB}`];
  await promisify(execFile)('mvn', args, { timeout: FETCH_MS }).catch((error: Error & { stdout?: string }) => {
    throw new BrokersError(`Apache Kafka's jars could not be fetched: ${error.stdout?.trim() || error.message}`);
  });
  writeFileSync(FETCHED, pom);
}

function requireMaven(): void {
  const { error } = spawnSync('mvn', ['-version'], { stdio: 'ignore' });
  if (error) throw new BrokersError('Maven (mvn) is missing: it fetches Apache Kafka, once');
}
