/** Writes the text of a new configuration. Settings that are not in effect are comments, which can be uncommented as they are. */

import type { Sample, SampleSetting } from '../../kinds/common/sample.ts';
import { COMMON_SETTINGS } from './common-settings.ts';

const HEAD = `# The producers of an application. Settings behind a # are optional: remove the # to use one.
# A value may be or hold \${NAME}, \${NAME:-default} or \${file:path/relative/to/this/file}.
#
#     produce validate FILE     says what is wrong with this file
#     produce check -c FILE     finds out whether all that it names can be reached
#
# Editors complete it after 'produce schema > producers.schema.json' and with the first line
# yaml-language-server: $schema=./producers.schema.json

producers:
`;

/** Where a line belongs in the list of producers. */
const INDENT = '    ';

/** Returns the configuration with one producer of each kind. */
export const sampleText = (samples: ReadonlyMap<string, Sample>): string =>
  HEAD + [...samples].map(([kind, sample]) => definition(kind, sample)).join('\n');

function definition(kind: string, { what, settings, page }: Sample): string {
  const name = `${kind}-producer`;
  const all = [...settings, ...COMMON_SETTINGS];
  const lines = all.map((setting) => settingLine(setting, name));
  const width = Math.max(...lines.map((line) => line.length));
  const head = [`  # ${what}`, `  # All settings: ${page}`, `  - type: ${kind}`, `${INDENT}name: ${name}`];
  const explained = lines.map((line, at) => `${line.padEnd(width)} # ${all[at]?.why}`);
  return [...head, ...explained].map((line) => `${line}\n`).join('');
}

function settingLine({ yaml, isSet = false }: SampleSetting, name: string): string {
  const [, indent = '', text = ''] = /^( *)(.*)$/.exec(yaml.replaceAll('{name}', name)) ?? [];
  return `${INDENT}${indent}${isSet ? '' : '# '}${text}`;
}
