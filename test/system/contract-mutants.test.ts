/** The contract suite can fail: each of its checks turns red for a subject that does not keep to it, and says why. */

import { expect } from 'chai';
import type { Check } from '../../src/testing/contract/check.ts';
import { checksFor, runCheck } from '../../src/testing/contract/suite.ts';
import type { ContractOptions } from '../../src/testing/contract.ts';
import { claims } from '../contract/mutants/claims.ts';
import { MUTANTS } from '../contract/mutants/mutants.ts';
import { mutate } from '../contract/mutants/mutate.ts';
import { LineServer } from '../support/line-server.ts';

/** Each check that any claim asks for, by its title, with the first claims that do. */
function everyCheck(server: LineServer): [string, ContractOptions][] {
  const found = new Map<string, ContractOptions>();
  for (const options of claims(server))
    for (const { title } of checksFor(options)) if (!found.has(title)) found.set(title, options);
  return [...found];
}

/** The table of mutants has every shape for headers and for keys. */
const IMPOSSIBLE = /(empty|null|repeated) keys/;

describe('mutants of a subject that keeps the contract', () => {
  const server = new LineServer();
  before(() => server.restore());
  after(() => server.interrupt());

  for (const [title, options] of everyCheck(server))
    it(`one does not pass: ${title}`, async () => {
      const mutant = MUTANTS[title];
      if (mutant === undefined) return expect.fail('there is no mutant for this check');
      const changed =
        options.server && mutant.server ? { ...options, server: changedServer(server, mutant.server) } : options;
      const check = checksFor(changed).find((other) => other.title === title) as Check;
      const failure = await runCheck(check, mutate(server, mutant), changed).catch((error: Error) => error);
      expect(failure, 'it has passed').to.be.instanceOf(Error);
      expect(failure?.message).to.match(mutant.because);
    });

  it('are one for each check, and none for checks that are no more', () => {
    const titles = everyCheck(server).map(([title]) => title);
    const extra = Object.keys(MUTANTS).filter((title) => !titles.includes(title) && !IMPOSSIBLE.test(title));
    expect(extra).to.deep.equal([]);
  });
});

/** The server with some of its methods replaced. */
function changedServer(server: LineServer, change: (server: LineServer) => object) {
  const { interrupt, restore, requests } = server;
  const own = { interrupt, restore, requests };
  const bound = Object.entries(own).map(([name, method]) => [name, method.bind(server)]);
  return { ...Object.fromEntries(bound), ...change(server) };
}
