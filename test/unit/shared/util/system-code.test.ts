import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { expect } from 'chai';
import { mayPass } from '../../../../src/pipe/file/trouble.ts';
import { SpoolError } from '../../../../src/shared/errors.ts';
import { isPassing } from '../../../../src/shared/util/passing-errors.ts';
import { systemCode } from '../../../../src/shared/util/system-code.ts';
import { isFullDisk, refusalOf, writeError } from '../../../../src/spool/files.ts';

/** As Node makes it of a system call that has failed. */
function failed(name: keyof typeof constants.errno): Error {
  const code = getSystemErrorName(-constants.errno[name]);
  return Object.assign(new Error(`${code}, read`), { code });
}

describe('the name of a system error', () => {
  for (const [name, number] of Object.entries(constants.errno))
    it(`${name}, also where Node has none for it`, () => {
      const found = String(systemCode(failed(name as keyof typeof constants.errno)));
      expect(Object(constants.errno)[found]).to.equal(number);
    });

  it('leaves every other code as it is, and survives whatever was thrown', () => {
    expect(systemCode({ code: 'ERR_DLOPEN_FAILED' })).to.equal('ERR_DLOPEN_FAILED');
    expect(systemCode({ code: 'Unknown system error -4242' })).to.equal('Unknown system error -4242');
    expect(systemCode({ code: 7 })).to.equal(7);
    for (const thrown of [undefined, null, 'EIO', {}]) expect(systemCode(thrown)).to.equal(undefined);
  });
});

describe('a system error that Node has no name for', () => {
  it('passes like every other: a full quota, a file that its server has forgotten', () => {
    for (const name of ['EDQUOT', 'ESTALE'] as const) {
      expect(isPassing(failed(name)), name).to.equal(true);
      expect(mayPass(failed(name)), name).to.equal(true);
    }
  });

  it('says of a spool that its disk is full, or why it could not be read', () => {
    const { systemCode: code, message } = writeError(failed('EDQUOT'), '/spool', 'write');
    expect(isFullDisk(code)).to.equal(true);
    expect(message).to.equal('/spool: cannot write: the disk quota is used up (EDQUOT)');
    expect(refusalOf(new SpoolError('x', { cause: failed('ESTALE') }))).to.equal('ESTALE');
  });
});
