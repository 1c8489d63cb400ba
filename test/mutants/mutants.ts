/** All mutants of one emitted file, named by where they are in its TypeScript source. */

import type { SourceMap } from 'node:module';
import { type AnyNode, parse } from 'acorn';
import { type Edit, OPERATOR_NAMES, OPERATORS, type OperatorName, type Site } from './operators.ts';

/** One emitted file. */
export interface Emitted {
  /** The TypeScript, relative to the repository. */
  readonly file: string;
  /** The JavaScript, relative to the repository. */
  readonly emitted: string;
  readonly text: string;
  /** The lines of the TypeScript. */
  readonly lines: readonly string[];
  readonly map: SourceMap;
}

export interface Mutant extends Edit {
  readonly file: string;
  readonly emitted: string;
  /** Where it is in the TypeScript, from 1 on. */
  readonly line: number;
  /** The text of that line. */
  readonly code: string;
  readonly operator: OperatorName;
  /** What stands in the JavaScript now. */
  readonly was: string;
}

export function mutantsOf(emitted: Emitted): Mutant[] {
  return [...edits(emitted.text)].map(({ operator, ...edit }) => {
    const line = lineAt(emitted, edit.start);
    const code = emitted.lines[line - 1]?.trim() ?? '';
    const was = emitted.text.slice(edit.start, edit.end);
    return { ...edit, file: emitted.file, emitted: emitted.emitted, line, code, operator, was };
  });
}

function* edits(source: string): Generator<Edit & { readonly operator: OperatorName }> {
  for (const site of sites(source, parse(source, { ecmaVersion: 'latest', sourceType: 'module' })))
    for (const operator of OPERATOR_NAMES) for (const edit of OPERATORS[operator](site)) yield { ...edit, operator };
}

function* sites(source: string, node: AnyNode, parent?: AnyNode): Generator<Site> {
  yield { node, parent, source };
  for (const child of childrenOf(node)) yield* sites(source, child, node);
}

const childrenOf = (node: AnyNode): AnyNode[] => Object.values(node).flat().filter(isNode);

const isNode = (value: unknown): value is AnyNode =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

function lineAt({ text, map }: Emitted, offset: number): number {
  const before = text.slice(0, offset);
  const entry = map.findEntry(before.split('\n').length - 1, offset - before.lastIndexOf('\n') - 1);
  return 'originalLine' in entry ? entry.originalLine + 1 : 0;
}

/** The file with the mutant in it. @throws SyntaxError where an operator is wrong */
export function mutated(text: string, { start, end, text: instead }: Edit): string {
  const changed = `${text.slice(0, start)}${instead}${text.slice(end)}`;
  parse(changed, { ecmaVersion: 'latest', sourceType: 'module' });
  return changed;
}
