/** The completion script for fish 3 and later. */

import { allNodes, type Flag, type Node, type Values } from './tree.ts';

export function fishScript(root: Node): string {
  const nodes = allNodes(root);
  return `# Completion of produce in fish:  produce completion fish | source
# or as the file ~/.config/fish/completions/produce.fish

# Whether the words typed so far name this command.
function __produce_at
    set -l path produce
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if contains -- "$path $word" ${nodes
          .filter(({ path }) => path.length > 0)
          .map(({ path }) => quoted(['produce', ...path].join(' ')))
          .join(' ')}
            set path "$path $word"
        end
    end
    test "$path" = "$argv[1]"
end

complete -c produce -f
${nodes.flatMap(linesOf).join('\n')}
`;
}

/** In single quotes of fish, where a backslash is special as well. */
const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;

function linesOf({ path, flags, positionals, commands }: Node): string[] {
  const complete = `complete -c produce -n ${quoted(`__produce_at ${quoted(['produce', ...path].join(' '))}`)}`;
  return [
    ...commands.map((one) => `${complete} -a ${one.path[path.length]} -d ${quoted(one.text)}`),
    ...flags.map((flag) => `${complete} ${flagOf(flag)} -d ${quoted(flag.text)}`),
    ...positionals.flatMap(({ values }) => (values.of === 'unknown' ? [] : [`${complete} ${valuesOf(values)}`])),
  ];
}

function flagOf({ short, long, values }: Flag): string {
  const names = `${short === undefined ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
  return values === undefined ? names : `${names} -r ${valuesOf(values)}`;
}

/** `-F` allows files, `-f` forbids them. */
function valuesOf({ of }: Values): string {
  if (of === 'files') return '-F';
  if (of === 'directories') return "-f -a '(__fish_complete_directories)'";
  return of === 'unknown' ? '-f' : `-f -a ${quoted(of.join(' '))}`;
}
