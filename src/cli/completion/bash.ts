/** The completion script for bash 4 and later. It needs no other package. */

import { allNodes, type Node, spellings, type Values } from './tree.ts';

export function bashScript(root: Node): string {
  const nodes = allNodes(root);
  return `# Completion of produce in bash:  source <(produce completion bash)

_produce() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path=produce at
  # bash splits --flag=value at the equals sign
  if [[ $cur == = ]]; then cur=
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "$path \${COMP_WORDS[at]}" in
${nodes
  .filter(({ path }) => path.length > 0)
  .map(({ path }) => `      ${nameOf(path)}) path='produce ${path.join(' ')}' ;;`)
  .join('\n')}
    esac
  done
  case "$path $prev" in
${nodes.flatMap(flagCases).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case "$path" in
${nodes.map((node) => `      ${nameOf(node.path)}) ${words(node.flags.flatMap(spellings))} ;;`).join('\n')}
    esac
    return
  fi
  case "$path" in
${nodes.map((node) => `    ${nameOf(node.path)}) ${wordsOf(node)} ;;`).join('\n')}
  esac
}

_produce_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$cur"))
}

complete -F _produce produce
`;
}

const nameOf = (path: readonly string[]): string => `'${['produce', ...path].join(' ')}'`;

/** Words and flags have neither blanks nor quotes in them. */
const words = (list: readonly string[]): string => `COMPREPLY=($(compgen -W '${list.join(' ')}' -- "$cur"))`;

function completing({ of }: Values): string {
  if (of === 'files') return '_produce_files -f';
  if (of === 'directories') return '_produce_files -d';
  return of === 'unknown' ? ':' : words(of);
}

/** The flags of one command that take a value, each with what completes it. */
const flagCases = ({ path, flags }: Node): string[] =>
  flags.flatMap((flag) =>
    flag.values === undefined
      ? []
      : [
          `    ${spellings(flag)
            .map((one) => nameOf([...path, one]))
            .join('|')}) ${completing(flag.values)}; return ;;`,
        ],
  );

function wordsOf({ path, commands, positionals }: Node): string {
  if (commands.length > 0) return words(commands.map((one) => one.path[path.length] as string));
  // Which positional it is does not matter, because no command has two that could be completed differently.
  return completing(positionals.find(({ values }) => values.of !== 'unknown')?.values ?? { of: 'unknown' });
}
