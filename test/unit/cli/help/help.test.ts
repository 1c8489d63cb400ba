import { expect } from 'chai';
import { Command } from 'commander';
import { addHelp, overview } from '../../../../src/cli/help/help.ts';
import type { Example } from '../../../../src/cli/help/help-text.ts';
import { FIRST_STEPS, TEXTS } from '../../../../src/cli/help/texts.ts';
import { at, everyPathOf, testProgram } from '../helpers.ts';

/** The words of each `produce` in a line for a shell. */
function producesIn(line: string): string[][] {
  const parts: string[][] = [[]];
  for (const [token] of line.matchAll(/'[^']*'|[|]|<\(|[<>] *\S+|[^\s|<>()']+/g))
    if (token === '|' || token === '<(') parts.push([]);
    else if (!/^[<>]/.test(token)) parts.at(-1)?.push(token.replace(/^'(.*)'$/s, '$1'));
  return parts.filter(([word]) => word === 'produce').map(([, ...args]) => args);
}

/** The real program, whose commands do nothing but note that they were reached. */
function harmless(): { readonly program: Command; readonly reached: string[] } {
  const program = testProgram();
  const reached: string[] = [];
  for (const path of everyPathOf(program)) {
    const command = at(program, path)
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
    if (command.commands.length === 0) command.action(() => void reached.push(path.join(' ')));
  }
  return { program, reached };
}

async function parse(line: string): Promise<string[]> {
  const { program, reached } = harmless();
  const all = producesIn(line);
  expect(all, line).not.to.deep.equal([]);
  for (const args of all) await program.parseAsync(args, { from: 'user' });
  expect(reached, line).to.have.length(all.length);
  return reached;
}

function helpOf(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (part) => void parts.push(part) }).outputHelp();
  return parts.join('');
}

describe('the help of', () => {
  const program = testProgram();
  for (const path of everyPathOf(program)) {
    const name = path.join(' ');
    const { examples = [] } = TEXTS[name] ?? {};

    it(`produce ${name}: has examples, which the command line takes`, async () => {
      const [, section = ''] = helpOf(at(program, path)).split('\nExamples:\n');
      expect(section.split('\n\n')[0]?.trimEnd().split('\n')).to.have.length(Math.max(1, examples.length));
      for (const [line] of examples) {
        expect(section).to.contain(line);
        const reached = await parse(line);
        expect(
          reached.some((one) => one.startsWith(name)),
          line,
        ).to.equal(true);
      }
    });
  }

  it('every command is demanded: a command without a text cannot be built, and no text is of no command', () => {
    const strange = new Command();
    strange.command('strange');
    expect(() => addHelp(strange)).to.throw("no text for 'produce strange'");
    expect(Object.keys(TEXTS)).to.have.members(everyPathOf(program).map((path) => path.join(' ')));
  });

  it('a misspelt flag in an example would be found', async () => {
    const refused: Example = ['produce send --prodcer orders'];
    const error = await parse(refused[0]).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(Error).with.property('code', 'commander.unknownOption');
  });
});

describe('the overview of produce without a command', () => {
  it('has first steps, which the command line takes, and all commands', async () => {
    const text = overview(testProgram());
    for (const [line] of FIRST_STEPS) {
      expect(text).to.contain(line);
      await parse(line);
    }
    for (const command of testProgram().commands) expect(text).to.contain(command.name());
    expect(text.split('\n').length).to.be.below(20);
  });
});
