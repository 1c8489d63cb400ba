import { expect } from 'chai';
import { endpointUrl } from '../../../../src/cli/top/address.ts';

describe('the address of an operations endpoint', () => {
  const GOOD: readonly (readonly [string, string])[] = [
    ['127.0.0.1:9464', 'http://127.0.0.1:9464/'],
    ['[::1]:9464', 'http://[::1]:9464/'],
    ['https://orders.example.com/operations', 'https://orders.example.com/operations/'],
    ['HTTP://host:1/', 'http://host:1/'],
  ];
  for (const [address, url] of GOOD) it(`takes ${address}`, () => expect(endpointUrl(address).href).to.equal(url));

  for (const address of ['', 'host:99999', 'http://', 'http://a?b=1', 'http://a#b'])
    it(`refuses '${address}'`, () => expect(() => endpointUrl(address)).to.throw('expected host:port'));

  it('does not repeat a password', () => {
    expect(() => endpointUrl('http://me:hidden@host:1'))
      .to.throw(/without a user name/)
      .with.property('message')
      .that.does.not.contain('hidden');
  });
});
