/** The faults that `check-planted.ts` plants: one for every rule about imports that the linter is trusted with. */

/** Files to write into a copy of the tree, and what the linter must then say about one of them. */
export interface Fault {
  readonly files: Readonly<Record<string, string>>;
  readonly expected: string;
}

const cycle = (how: string, expected: string): Fault => ({
  files: {
    'src/caller/planted-a.ts': `${how} { B } from './planted-b.ts';\n\nexport class A {}\n`,
    'src/caller/planted-b.ts': `${how} { A } from './planted-a.ts';\n\nexport class B {}\n`,
  },
  expected,
});

const line = (file: string, code: string, expected: string): Fault => ({ files: { [file]: `${code}\n` }, expected });

const imports = (file: string, specifier: string, expected: string): Fault =>
  line(file, `export * from '${specifier}';`, expected);

export const faults: readonly Fault[] = [
  cycle('export', 'lint/suspicious/noImportCycles'),
  cycle('export type', 'lint/suspicious/noImportCycles'),

  imports('src/shared/planted.ts', '../config/planted.ts', 'src/shared/ imports nothing else'),
  imports('src/shared/deep/planted.ts', '../../spool/planted.ts', 'src/shared/ imports nothing else'),
  imports('src/shared/planted.ts', '../index.ts', 'src/shared/ imports nothing else'),
  imports('src/config/planted.ts', '../spool/spool.ts', 'src/config/ imports src/shared/ alone'),
  imports('src/config/yaml/planted.ts', '../../worker/entry.ts', 'src/config/ imports src/shared/ alone'),
  imports('src/config/planted.ts', '../kinds/registry.ts', 'src/config/ imports src/shared/ alone'),
  imports('src/spool/planted.ts', '../config/planted.ts', 'src/spool/ imports src/shared/ alone'),
  imports('src/spool/segments/planted.ts', '../../worker/entry.ts', 'src/spool/ imports src/shared/ alone'),
  imports('src/worker/planted.ts', '../config/planted.ts', 'src/worker/ imports src/shared/ and src/spool/'),
  imports('src/worker/delivery/planted.ts', '../../caller/engine.ts', 'src/worker/ imports src/shared/ and src/spool/'),
  imports('src/caller/planted.ts', '../kinds/registry.ts', 'src/caller/ imports nothing above'),
  imports('src/caller/base-producer.ts', '../runtime.ts', 'src/caller/ imports nothing above'),
  imports('src/caller/queue/planted.ts', '../../routing/planted.ts', 'src/caller/ imports nothing above'),
  imports('src/kinds/planted.ts', '../routing/planted.ts', 'src/kinds/ imports nothing above'),
  imports('src/kinds/kafka/planted.ts', '../../runtime.ts', 'src/kinds/ imports nothing above'),
  imports('src/kinds/kafka/planted.ts', '../../testing/planted.ts', 'src/kinds/ imports nothing above'),
  imports('src/kinds/kafka/planted.ts', '../rabbitmq/planted.ts', 'kinds: none imports another one'),
  imports('src/kinds/rabbitmq/planted.ts', '../http/planted.ts', 'kinds: none imports another one'),
  imports('src/kinds/http/planted.ts', '../file/planted.ts', 'kinds: none imports another one'),
  imports('src/kinds/file/planted.ts', '../stdout/planted.ts', 'kinds: none imports another one'),
  imports('src/kinds/stdout/planted.ts', '../memory/planted.ts', 'kinds: none imports another one'),
  imports('src/kinds/memory/planted.ts', '../kafka/planted.ts', 'kinds: none imports another one'),
  imports('src/kinds/kafka/deep/planted.ts', '../../http/planted.ts', 'kinds: none imports another one'),
  imports('src/kinds/kafka/very/deep/planted.ts', '../../../file/planted.ts', 'kinds: none imports another one'),
  imports('src/kinds/common/planted.ts', '../kafka/planted.ts', 'kinds: none imports another one'),
  imports('src/kinds/http/schema.ts', './http-producer.ts', 'kinds: a schema and a row of the registry'),
  imports('src/kinds/http/fields.ts', '../../caller/planted.ts', 'kinds: a schema and a row of the registry'),
  imports('src/kinds/http/fields.ts', 'undici', 'kinds: a schema and a row of the registry'),
  imports('src/kinds/http/kind.ts', './http-producer.ts', 'kinds: a schema and a row of the registry'),
  imports('src/kinds/kafka/kind.ts', './librdkafka/native/load.ts', 'kinds: a schema and a row of the registry'),
  imports('src/kinds/rabbitmq/kind.ts', 'amqplib', 'kinds: a schema and a row of the registry'),
  line(
    'src/kinds/file/kind.ts',
    `export const early = await import('./file-producer.ts');`,
    'kinds: a schema and a row of the registry',
  ),
  line(
    'src/kinds/stdout/kind.ts',
    `export type P = import('./stdout-producer.ts').StdoutProducer;`,
    'kinds: a schema and a row of the registry',
  ),
  imports('src/routing/planted.ts', '../kinds/registry.ts', 'src/routing/ imports nothing above'),
  imports('src/routing/planted.ts', '../runtime.ts', 'src/routing/ imports nothing above'),
  imports('src/routing/planted.ts', '../operations/planted.ts', 'src/routing/ imports nothing above'),
  imports('src/caller/planted.ts', '../operations/planted.ts', 'src/caller/ imports nothing above'),
  imports('src/operations/planted.ts', '../pipe/planted.ts', 'src/operations/ imports nothing above'),
  imports('src/operations/planted.ts', '../runtime.ts', 'src/operations/ imports nothing above'),
  imports('src/operations/deep/planted.ts', '../../cli/planted.ts', 'src/operations/ imports nothing above'),
  imports('src/runtime.ts', './pipe/planted.ts', 'src/runtime.ts imports nothing above'),
  imports('src/runtime.ts', './index.ts', 'src/runtime.ts imports nothing above'),
  imports('src/testing/planted.ts', '../cli/planted.ts', 'src/testing/ imports neither'),
  imports('src/pipe/planted.ts', '../cli/planted.ts', 'src/pipe/ imports nothing above'),
  imports('src/pipe/lines/planted.ts', '../../testing/planted.ts', 'src/pipe/ imports nothing above'),
  imports('src/index.ts', './testing/planted.ts', 'src/index.ts imports none of'),

  // One breach in each form that a reference can take; `export … from` is all over this table.
  line('src/spool/planted.ts', `import '../caller/engine.ts';`, 'src/spool/'),
  line(
    'src/spool/planted.ts',
    `import type { Engine } from '../caller/engine.ts';\n\nexport type E = Engine;`,
    'src/spool/',
  ),
  line('src/spool/planted.ts', `export type E = import('../caller/engine.ts').Engine;`, 'src/spool/'),
  line('src/spool/planted.ts', `export const engine = () => import('../caller/engine.ts');`, 'src/spool/'),
  line(
    'src/spool/planted.ts',
    `export const engine = (require: NodeRequire) => require('../caller/engine.ts');`,
    'src/spool/',
  ),

  imports('src/spool/planted.ts', '../spool/../caller/engine.ts', 'shortest relative path'),
  imports('src/spool/planted.ts', '../../src/caller/engine.ts', 'shortest relative path'),
  imports('src/spool/planted.ts', 'outspool', 'shortest relative path'),

  imports('src/caller/planted.ts', 'piscina', 'packages: piscina'),
  imports('src/kinds/kafka/planted.ts', 'koffi', 'packages: koffi'),
  imports('src/kinds/kafka/librdkafka/planted.ts', 'node-rdkafka', 'packages: node-rdkafka'),
  imports('src/testing/planted.ts', 'node-rdkafka/config', 'packages: node-rdkafka'),
  imports('src/kinds/kafka/node-rdkafka/planted.ts', 'node-rdkafka', 'packages: node-rdkafka'),
  imports('src/runtime.ts', 'commander', 'packages: commander'),
  imports('src/caller/metrics/planted.ts', 'prom-client', 'packages: prom-client'),
  imports('src/caller/telemetry/planted.ts', '@opentelemetry/api', 'packages: @opentelemetry'),
  imports('src/operations/planted.ts', 'prom-client', 'packages: prom-client'),
  imports('src/kinds/http/planted.ts', 'undici', 'packages: undici'),
  imports('src/kinds/http/planted.ts', 'amqplib', 'packages: amqplib'),
  line('src/caller/planted.ts', `export type P = import('piscina').Piscina;`, 'packages: piscina'),
  line('src/caller/planted.ts', `export const load = () => import('koffi');`, 'packages: koffi'),
];
