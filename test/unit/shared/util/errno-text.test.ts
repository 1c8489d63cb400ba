import { expect } from 'chai';
import { describe, it } from 'mocha';
import { errnoText } from '../../../../src/shared/util/errno-text.ts';

const failure = (code: string) => Object.assign(new Error(`${code}: as the system says, open 'f'`), { code });

describe('the text of an error of the system', () => {
  it('is its meaning and its code', () => {
    expect(errnoText(failure('ENOSPC'))).to.equal('the disk is full (ENOSPC)');
    expect(errnoText(failure('ENOENT'))).to.equal('it does not exist (ENOENT)');
  });

  it('is that of the caller, where it has a better one', () => {
    expect(errnoText(failure('ENOENT'), { ENOENT: 'its folder does not exist' })).to.equal(
      'its folder does not exist (ENOENT)',
    );
  });

  it('names what libuv has only a number for', () => {
    expect(errnoText(failure('Unknown system error -122'))).to.equal('the disk quota is used up (EDQUOT)');
  });

  it('is the message of any other error', () => {
    expect(errnoText(failure('EODD'))).to.equal("EODD: as the system says, open 'f'");
    expect(errnoText(new Error('odd'))).to.equal('odd');
  });
});
