/** The checks that every HTTP listener makes. */

import { expect } from 'chai';
import { bearsToken, hasOneHost, meansHost } from '../../../../src/shared/http/admission.ts';
import { targetOf } from '../../../../src/shared/http/request-target.ts';

const TOKEN = 'a-token-of-enough-length';

describe('the admission of a request', () => {
  it('needs the very token, in any case of the word Bearer', () => {
    const bears = (authorization: string) => bearsToken({ headers: { authorization } }, TOKEN);
    expect([bears(`Bearer ${TOKEN}`), bears(`bearer  ${TOKEN}`)]).to.deep.equal([true, true]);
    const wrong = ['', TOKEN, `Bearer ${TOKEN} x`, `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, `Bearer ${TOKEN.slice(1)}`];
    expect(wrong.map(bears)).to.deep.equal(wrong.map(() => false));
  });

  it('allows one Host header', () => {
    expect(hasOneHost({ rawHeaders: ['Host', 'a', 'Accept', 'host'] })).to.equal(true);
    expect(hasOneHost({ rawHeaders: ['Host', 'a', 'hOST', 'b'] })).to.equal(false);
  });

  for (const [host, meant] of [
    ...(['localhost', 'localhost:8080', '127.0.0.1', '[::1]:80', '192.0.2.7:9464'] as const).map((one) => [one, true]),
    ...(['evil.example', 'localhost.evil.example', '192.0.2.8', ''] as const).map((one) => [one, false]),
  ] as [string, boolean][])
    it(`${meant ? 'is meant' : 'is not meant'} for a listener at 192.0.2.7 by Host: ${host || 'nothing'}`, () => {
      expect(meansHost({ url: '/', headers: { host } }, '192.0.2.7')).to.equal(meant);
    });

  it('takes the host of an absolute URL before the header', () => {
    const request = { url: 'http://evil.example/status?since=1', headers: { host: 'localhost' } };
    expect(meansHost(request, '127.0.0.1')).to.equal(false);
    expect(targetOf(request)).to.deep.equal({ authority: 'evil.example', path: '/status', query: 'since=1' });
  });

  it('has the root as the path of a request without one', () => {
    expect(targetOf({ url: 'http://localhost', headers: {} })).to.include({ path: '/', query: '' });
    expect(targetOf({ url: '/?a=b?c', headers: {} })).to.include({ path: '/', query: 'a=b?c' });
  });
});
