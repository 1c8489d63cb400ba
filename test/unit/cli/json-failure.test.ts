import { expect } from 'chai';
import { Command } from 'commander';
import { nothingOf, withJson } from '../../../src/cli/json-failure.ts';
import { pathsOf, testProgram } from './helpers.ts';

describe('the last line of a command that failed before it had a result', () => {
  const program = testProgram();
  for (const path of pathsOf(program))
    it(`has the keys of produce ${path.join(' ')}`, () => {
      expect(nothingOf(program, [...path, '--json'])).to.have.property('ok', false);
    });

  it('has the own keys of a command in a group', () => {
    expect(nothingOf(program, ['spool', 'verify', '--nonsense', '--json'])).to.include({ directory: null, lost: null });
    expect(nothingOf(program, ['spool', 'ls', '--json'])).to.have.property('spools');
  });

  it('lists no producers where the command is unknown', () => {
    expect(nothingOf(program, ['smoek', '--json'])).to.deep.equal({ ok: false, producers: [] });
  });

  it('cannot be forgotten: a command with --json must say what its empty result is', () => {
    const forgetful = new Command();
    forgetful.command('good').option('-n <number>');
    withJson(forgetful.command('better'), { rows: [] });
    forgetful.command('bad').option('--json');
    expect(() => nothingOf(forgetful, ['bad'])).to.throw("the command 'bad' must get --json from withJson");
    expect(nothingOf(forgetful, ['better'])).to.deep.equal({ ok: false, rows: [] });
  });
});
