/** The completion scripts in the real shells. zsh and fish are tried where they are installed. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { COMMAND } from '../support/run-command.ts';
import { hasScript, inTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'outspool-completion-'));
mkdirSync(join(folder, 'orders spool'));
writeFileSync(join(folder, 'orders.yaml'), '');
const SHELLS = ['bash', 'zsh', 'fish'] as const;
for (const shell of SHELLS) {
  const { stdout } = spawnSync(process.execPath, [COMMAND, 'completion', shell]);
  writeFileSync(join(folder, `script.${shell}`), stdout);
}

const isInstalled = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** What is typed, and what the shell offers for its last word. */
const OFFERED: readonly (readonly [typed: string, offers: readonly string[]])[] = [
  ['produce s', ['schema', 'send', 'smoke', 'spool']],
  ['produce spool ', ['export', 'ls', 'peek', 'replay', 'verify']],
  ['produce spool ve', ['verify']],
  ['produce dead-letters r', ['replay']],
  ['produce send --key', ['--key', '--key-field']],
  ['produce spool export --', ['--help', '--json', '--key-field', '--output']],
  ['produce init kafka f', ['file']],
  ['produce completion ', ['bash', 'fish', 'zsh']],
  ['produce check --config ord', ['orders spool', 'orders.yaml']],
  ['produce send -p ord', []],
  ['produce spool verify ord', ['orders spool']],
];

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.split('\t')[0] as string)
    .filter((line) => line !== '')
    .map((line) => line.replaceAll('\\ ', ' ').replace(/\/$/, ''))
    .sort();

describe('produce completion', () => {
  describe('in bash', () => {
    for (const [typed, offers] of OFFERED)
      it(typed, () => {
        const set = `read -ra COMP_WORDS <<<"$1"; [[ $1 != *" " ]] || COMP_WORDS+=(""); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))`;
        const script = `source script.bash; ${set}; _produce; printf '%s\\n' "\${COMPREPLY[@]}"`;
        const { stdout, stderr } = spawnSync('bash', ['-c', script, '-', typed], { cwd: folder, encoding: 'utf8' });
        expect(stderr).to.equal('');
        expect(lines(stdout)).to.deep.equal(offers);
      });

    if (hasScript)
      it('quotes a name with a blank in it, and takes --flag=value', async () => {
        const terminal = inTerminal(['bash', '--norc', '--noprofile', '-i'], { cwd: folder, columns: 120 });
        terminal.type("PS1='> '; source script.bash; echo read''y\n");
        await terminal.shows(/ready/);
        terminal.type('produce spool verify ord\t');
        await terminal.shows(/produce spool verify orders\\ spool/);
        terminal.type('\x15produce validate --config=orders.y\t');
        await terminal.shows(/--config=orders\.yaml/);
        terminal.type('\x15exit\n');
        await terminal.ended;
      });
  });

  if (isInstalled('fish'))
    describe('in fish', () => {
      for (const [typed, offers] of OFFERED)
        it(typed, () => {
          const script = 'source script.fish; complete -C $argv[1]';
          const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', script, typed], {
            cwd: folder,
            encoding: 'utf8',
            env: { ...process.env, HOME: folder },
          });
          expect(stderr).to.equal('');
          expect(lines(stdout)).to.deep.equal(offers);
        });
    });
  else console.log("  left out: completion in fish, which wants Debian's package fish");

  if (isInstalled('zsh') && hasScript)
    describe('in zsh', () => {
      for (const [typed, offers] of OFFERED)
        it(typed, async () => {
          const terminal = inTerminal(['zsh', '-f', '-i'], { cwd: folder, columns: 200 });
          // What would be inserted is printed instead.
          const spy = `compadd() { local -a all; builtin compadd -A all "$@" 2>/dev/null; (( $#all )) && print -rl -- "offer:"\${^all} >>offers; builtin compadd "$@" }`;
          const widget = "tell() { zle expand-or-complete; : >asked }; zle -N tell; bindkey '^I' tell";
          terminal.type(
            `PS1='> '; autoload -Uz compinit; compinit -D -u; source script.zsh; rm -f offers asked; ${spy}; ${widget}; echo read''y\n`,
          );
          await terminal.shows(/\nready/);
          terminal.type(`${typed}\t`);
          await until(() => existsSync(join(folder, 'asked'))); // keys that come meanwhile would cut it short
          terminal.type("\x15sort -u offers 2>&1; echo don''e\n");
          await terminal.shows(/\ndone/);
          terminal.type('exit\n');
          await terminal.ended;
          const found = [...terminal.output().matchAll(/offer:([\w-][^\r\n]*)/g)].map(([, word]) => word as string);
          expect(lines([...new Set(found)].join('\n'))).to.deep.equal(offers);
        });
    });
  else console.log("  left out: completion in zsh, which wants Debian's package zsh");
});
