/** The faults that `check-planted.ts` plants: one for every rule about imports that the linter is trusted with. */

/** Files to write into a copy of the tree, and what the linter must then say about one of them. */
export interface Fault {
  readonly files: Readonly<Record<string, string>>;
  readonly expected: string;
}

const cycle = (how: string, expected: string): Fault => ({
  files: {
    'src/engine/planted-a.ts': `${how} { B } from './planted-b.ts';\n\nexport class A {}\n`,
    'src/engine/planted-b.ts': `${how} { A } from './planted-a.ts';\n\nexport class B {}\n`,
  },
  expected,
});

const line = (file: string, code: string, expected: string): Fault => ({ files: { [file]: `${code}\n` }, expected });

const imports = (file: string, specifier: string, expected: string): Fault =>
  line(file, `export * from '${specifier}';`, expected);

export const faults: readonly Fault[] = [
  cycle('export', 'lint/suspicious/noImportCycles'),
  cycle('export type', 'lint/suspicious/noImportCycles'),

  imports('src/planted.ts', './queue/record.ts', 'floor 0'),
  imports('src/planted.ts', './base-producer.ts', 'floor 0'),
  imports('src/queue/planted.ts', '../config/planted.ts', 'floor 1: src/queue/'),
  imports('src/queue/planted.ts', '../worker/protocol.ts', 'floor 1: src/queue/'),
  imports('src/worker/protocol.ts', './planted.ts', 'floor 1: src/worker/protocol.ts'),
  imports('src/worker/protocol.ts', '../queue/record.ts', 'floor 1: src/worker/protocol.ts'),
  imports('src/config/planted.ts', '../worker/entry.ts', 'floor 2'),
  imports('src/config/planted.ts', '../delivery/loop.ts', 'floor 2'),
  imports('src/delivery/planted.ts', '../worker/entry.ts', 'floor 3'),
  imports('src/delivery/deep/planted.ts', '../../engine/engine.ts', 'floor 3'),
  imports('src/worker/planted.ts', '../engine/engine.ts', 'floor 4'),
  imports('src/worker/planted.ts', '../producers/planted.ts', 'floor 4'),
  imports('src/engine/planted.ts', '../base-producer.ts', 'floor 5'),
  imports('src/engine/planted.ts', '../producers/planted.ts', 'floor 5'),
  imports('src/base-producer.ts', './runtime.ts', 'floor 6'),
  imports('src/base-producer.ts', './producers/planted.ts', 'floor 6'),
  imports('src/producers/planted.ts', '../testing/planted.ts', 'floor 7'),
  imports('src/producers/planted.ts', '../routing/planted.ts', 'floor 7: src/producers/'),
  imports('src/routing/planted.ts', '../producers/planted.ts', 'floor 7: src/routing/'),
  imports('src/routing/planted.ts', '../runtime.ts', 'floor 7: src/routing/'),
  imports('src/producers/kafka/planted.ts', '../../runtime.ts', 'floor 7'),
  imports('src/runtime.ts', './cli/planted.ts', 'floor 8: src/runtime.ts and src/index.ts'),
  imports('src/index.ts', './testing/planted.ts', 'floor 8: src/runtime.ts and src/index.ts'),
  imports('src/runtime.ts', './index.ts', 'floor 8: src/runtime.ts does not'),
  imports('src/testing/planted.ts', '../cli/planted.ts', 'floor 8: src/testing/'),
  imports('src/pipe/planted.ts', '../cli/planted.ts', 'floor 8: src/pipe/'),
  imports('src/pipe/lines/planted.ts', '../../testing/planted.ts', 'floor 8: src/pipe/'),
  imports('src/producers/planted-too.ts', '../pipe/planted.ts', 'floor 7'),

  // One breach in each form that a reference can take; `export … from` is all over this table.
  line('src/queue/planted.ts', `import '../engine/engine.ts';`, 'floor 1'),
  line(
    'src/queue/planted.ts',
    `import type { Engine } from '../engine/engine.ts';\n\nexport type E = Engine;`,
    'floor 1',
  ),
  line('src/queue/planted.ts', `export type E = import('../engine/engine.ts').Engine;`, 'floor 1'),
  line('src/queue/planted.ts', `export const engine = () => import('../engine/engine.ts');`, 'floor 1'),
  line(
    'src/queue/planted.ts',
    `export const engine = (require: NodeRequire) => require('../engine/engine.ts');`,
    'floor 1',
  ),

  imports('src/queue/planted.ts', '../queue/../engine/engine.ts', 'shortest relative path'),
  imports('src/queue/planted.ts', '../../src/engine/engine.ts', 'shortest relative path'),
  imports('src/queue/planted.ts', 'outspool', 'shortest relative path'),

  imports('src/engine/planted.ts', 'piscina', 'packages: piscina'),
  imports('src/producers/kafka/planted.ts', 'koffi', 'packages: koffi'),
  imports('src/producers/kafka/librdkafka/planted.ts', 'node-rdkafka', 'packages: node-rdkafka'),
  imports('src/testing/planted.ts', 'node-rdkafka/config', 'packages: node-rdkafka'),
  imports('src/producers/kafka/node-rdkafka-planted.ts', 'node-rdkafka', 'packages: node-rdkafka'),
  imports('src/runtime.ts', 'commander', 'packages: commander'),
  imports('src/producers/http/planted.ts', 'undici', 'packages: undici'),
  imports('src/producers/http/planted.ts', 'amqplib', 'packages: amqplib'),
  line('src/engine/planted.ts', `export type P = import('piscina').Piscina;`, 'packages: piscina'),
  line('src/engine/planted.ts', `export const load = () => import('koffi');`, 'packages: koffi'),
];
