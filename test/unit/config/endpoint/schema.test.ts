/** The settings of the operations endpoint, and the rules between them. */

import { expect } from 'chai';
import { OperationsConfig } from '../../../../src/config/endpoint/schema.ts';

const TOKEN = 'a-token-of-enough-length';

const errorsOf = (settings: Record<string, unknown>) =>
  OperationsConfig.safeParse(settings).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('the settings of the operations endpoint', () => {
  it('are by default an address of this machine only', () => {
    expect(OperationsConfig.parse({})).to.deep.equal({ listen: '127.0.0.1:9464' });
  });

  for (const listen of ['0.0.0.0:9464', '[::]:9464', 'operations.example:9464'])
    it(`need a token at ${listen}`, () => {
      expect(errorsOf({ listen })).to.deep.equal(["listen: needs 'token' as well: others can reach this address"]);
      expect(errorsOf({ listen, token: TOKEN })).to.deep.equal([]);
    });

  for (const listen of ['127.0.0.1:0', '[::1]:9464', 'localhost:9464'])
    it(`need none at ${listen}`, () => expect(errorsOf({ listen })).to.deep.equal([]));

  it('refuse a short token, an address without a port, and unknown keys', () => {
    expect(errorsOf({ token: 'short' })).to.have.length(1);
    expect(errorsOf({ listen: '9464' })).to.have.length(1);
    expect(errorsOf({ tokn: TOKEN })).to.have.length(1);
  });
});
