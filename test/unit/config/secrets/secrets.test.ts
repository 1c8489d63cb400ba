import { expect } from 'chai';
import { isSecret, quote } from '../../../../src/config/report/redact.ts';
import { maskOf } from '../../../../src/config/secrets/mask.ts';
import { secretsIn } from '../../../../src/config/secrets/secrets.ts';

describe('the secrets of a configuration (I9)', () => {
  it('are the texts under keys that sound like one, and what URLs carry of that sort', () => {
    const config = {
      name: 'orders',
      password: 'hunter2',
      headers: { Authorization: 'Bearer abc.def', 'X-Api-Key': 'key-4711', Accept: 'text/plain' },
      tokens: ['one-token', 'two-token'],
      url: 'amqp://guest:p%40ss@host/vhost',
      hook: 'https://host/hook?token=t0k3n&page=first',
      short_secret: 'ab',
    };
    expect(secretsIn(config)).to.have.members([
      'hunter2',
      'Bearer abc.def',
      'abc.def',
      'key-4711',
      'one-token',
      'two-token',
      'p%40ss',
      'p@ss',
      't0k3n',
    ]);
  });

  it('are taken out of a text in each form that they may have there', () => {
    const secret = 'a "b"/ß+c';
    const mask = maskOf({ password: secret });
    const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret), Buffer.from(secret).toString('base64')];
    for (const form of forms) expect(mask(`<${form}>`), form).to.match(/^<"?\*\*\*"?>$/);
    expect(mask('nothing of it')).to.equal('nothing of it');
    expect(mask('failed: http://me:pw@host/x')).to.equal('failed: http://***@host/x');
  });

  const BEGINNINGS = ['', 'https://hooks.a/', 'https://hooks.a/1x1', '/', 'sig='];
  for (const piece of ['x', '?', 'a=', '://', '&', 'a="', 'x:', 'bearer ', '@', '-', '?a', 'aB', '/a', '.', 'key'])
    it(`are looked for once in a long text of ${piece}`, () => {
      const long = piece.repeat(1_000_000); // its square would take hours
      for (const beginning of BEGINNINGS) expect(secretsIn({ text: `${beginning}${long}` })).to.be.an('array');
      expect(secretsIn({ ssh_key: `/${long}` })).to.be.an('array');
      expect(isSecret([long])).to.be.a('boolean');
      expect(secretsIn({ text: long })).to.have.length.below(3);
      expect(maskOf({ password: 'hunter2' })(long)).to.be.a('string');
      expect(quote(long)).to.have.length.below(100);
    });

  it('are found in a path of any length', () => {
    const path = `/hooks/${'ab-cd.ef'.repeat(4_000_000)}`;
    expect(secretsIn({ text: `https://a${path}` })).to.include(path);
  });

  it('the longest first, or the rest of it would stay', () => {
    expect(maskOf({ token: 'abc', password: 'abcdef' })('abcdef and abc')).to.equal('*** and ***');
  });
});
