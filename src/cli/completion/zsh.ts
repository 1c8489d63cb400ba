/** The completion script for zsh. */

import { allNodes, type Flag, type Node, type Positional, spellings, type Values } from './tree.ts';

export function zshScript(root: Node): string {
  return `#compdef produce
# Completion of produce in zsh:  source <(produce completion zsh)
# or as a file named _produce in a directory of $fpath.

${allNodes(root).map(functionOf).join('\n')}
if [[ "$funcstack[1]" == _produce ]]; then _produce "$@"; else compdef _produce produce; fi
`;
}

const nameOf = (path: readonly string[]): string => ['_produce', ...path].join('_').replaceAll('-', '_');

const functionOf = (node: Node): string => (node.commands.length > 0 ? groupFunction(node) : leafFunction(node));

function groupFunction({ path, flags, commands }: Node): string {
  const word = (one: Node) => one.path[path.length] as string;
  return `${nameOf(path)}() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  local -a commands
  commands=(
${commands.map((one) => `    ${quoted(`${word(one)}:${one.text.replaceAll(':', '\\:')}`)}`).join('\n')}
  )
  _arguments -C \\
${specs(flags.map(flagSpec))}
    '1: :->command' '*:: :->rest'
  case $state in
    command) _describe -t commands command commands ;;
    rest)
      case $words[1] in
${commands.map((one) => `        ${word(one)}) ${nameOf(one.path)} ;;`).join('\n')}
      esac ;;
  esac
}
`;
}

const leafFunction = ({ path, flags, positionals }: Node): string => `${nameOf(path)}() {
  _arguments \\
${specs([...flags.map(flagSpec), ...positionals.map(positionalSpec)]).replace(/ \\$/, '')}
}
`;

const specs = (list: readonly string[]): string => list.map((spec) => `    ${spec} \\`).join('\n');

/** In single quotes of the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Characters that end a part of a specification of `_arguments`. */
const escaped = (text: string): string => text.replaceAll(/[[\]:\\]/g, '\\$&');

function flagSpec(flag: Flag): string {
  const rest = `[${escaped(flag.text)}]${flag.values === undefined ? '' : `:value:${action(flag.values)}`}`;
  const [one, other] = spellings(flag) as [string, string?];
  if (other === undefined) return quoted(one + rest);
  return `'(${one} ${other})'{${one},${other}}${quoted(rest)}`;
}

const positionalSpec = ({ name, isVariadic, values }: Positional): string =>
  quoted(`${isVariadic ? '*' : ':'}${isVariadic ? ':' : ''}${escaped(name)}:${action(values)}`);

/** A blank is an action that completes nothing. */
function action({ of }: Values): string {
  if (of === 'files') return '_files';
  if (of === 'directories') return '_files -/';
  return of === 'unknown' ? ' ' : `(${of.join(' ')})`;
}
