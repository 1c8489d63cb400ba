import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type LoadedProducer, type LoadOptions, loadFile } from '../../../src/config/load.ts';
import { inspectKafka } from '../../../src/kinds/kafka/config-check/inspect.ts';
import { FILE_CHECKS, KIND_SCHEMAS } from '../../../src/kinds/registry.ts';
import { ConfigError } from '../../../src/shared/errors.ts';

/** Every kind, an empty environment, and no custom class. */
export const OPTIONS: LoadOptions = {
  env: {},
  kinds: KIND_SCHEMAS,
  fileChecks: FILE_CHECKS,
  customSchema: async () => {
    throw new Error('no such class');
  },
};

/** As the runtime has it, but for what this librdkafka was built without: that is not the same everywhere. */
export const INSPECTED: LoadOptions = {
  ...OPTIONS,
  inspector: async (kind) => (config) =>
    kind === 'kafka' ? inspectKafka(config).filter(({ message }) => !message.includes('was built without')) : [],
};

/** Kinds are added; what is said of a wrong one stays the same. */
export const withoutKinds = (line: string): string =>
  line.replace(/one of the kinds [a-z, ]+ custom/, 'one of the kinds <kinds>');

/** Writes `producers.yaml` (and other files) into a folder of its own; answers the path of the former. */
export async function yamlFile(text: string | Uint8Array, others: Record<string, string | Uint8Array> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'outspool-config-'));
  for (const [name, content] of Object.entries(others)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  await writeFile(join(folder, 'producers.yaml'), text);
  return join(folder, 'producers.yaml');
}

/** Loads the producers that `file` defines, in its order. @throws ConfigError with every problem in the file */
export async function loadProducers(file: string, options: LoadOptions): Promise<LoadedProducer[]> {
  return (await loadFile(file, options)).producers;
}

/** Loads a text as a file. */
export async function loadText(text: string, options: Partial<LoadOptions> = {}): Promise<LoadedProducer[]> {
  return loadProducers(await yamlFile(text), { ...OPTIONS, ...options });
}

/** The lines of the ConfigError, each from `line:column` on. */
export async function problems(loading: Promise<unknown>): Promise<string[]> {
  try {
    await loading;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.split('\n').map((line) => line.replace(/^.*?\.yaml:/, ''));
  }
  return [];
}

/** One Kafka producer with these further lines. */
export const kafka = (...lines: string[]): string =>
  ['producers:', '  - type: kafka', '    name: a', ...lines.map((line) => `    ${line}`), ''].join('\n');
