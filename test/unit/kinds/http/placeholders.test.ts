import { expect } from 'chai';
import { parseUrlTemplate, UrlProblem } from '../../../../src/config/schema/url-template.ts';
import { fillIn } from '../../../../src/kinds/http/placeholders.ts';
import { Message } from '../../../../src/shared/message/message.ts';
import { messageWith } from '../../../support/letters.ts';

const problem = (url: string): string => {
  try {
    parseUrlTemplate(url);
    return 'none';
  } catch (error) {
    expect(error).to.be.instanceOf(UrlProblem);
    return (error as Error).message;
  }
};

describe('the URL of an HTTP producer', () => {
  const path = (url: string, parts: Parameters<typeof messageWith>[0] = {}) =>
    fillIn(parseUrlTemplate(url), messageWith(parts));

  it('has one host, whatever its message says', () => {
    for (const url of ['http://{topic}/', 'http://a{key}.example/', 'https://a.example:{id}/', 'http://{header.h}'])
      expect(problem(url)).to.include('the host is fixed');
    for (const url of ['{topic}://a.example/', 'ftp://a.example', 'a.example', '', 'http:/a.example', '//a.example'])
      expect(problem(url)).to.include('http:// or https://');
    for (const key of [
      '@evil.example',
      '//evil.example',
      '\\evil.example',
      ':80@evil',
      '?',
      '#',
      '%2e%2e',
      'a b',
      '\r\nX: y',
    ]) {
      const whole = new URL(`http://a.example${path('http://a.example/{key}', { key: Buffer.from(key) })}`);
      expect(whole.host).to.equal('a.example');
      expect(decodeURIComponent(whole.pathname.slice(1))).to.equal(key);
    }
  });

  it('is refused where no message can fill it', () => {
    const none = 'no message has both';
    for (const path of ['{field.a}/{field.a.b}', '{field.a.b.c}?x={field.a}', '{field.a.b}{field.b}{field.a}'])
      expect(problem(`http://a.example/${path}`), path).to.include(none);
    for (const path of [
      '{field.a}/{field.a}',
      '{field.a.b}/{field.a.c}',
      '{field.a}/{field.ab.c}',
      '{field.a:-}{field.a.b}',
    ])
      expect(problem(`http://a.example/${path}`), path).to.equal('none');
  });

  it('is taken apart as it was written', () => {
    const origin = (url: string) => parseUrlTemplate(url).origin;
    expect(origin('HTTP://A.example:80')).to.equal('http://a.example');
    expect(origin('https://[::1]:8443/x')).to.equal('https://[::1]:8443');
    expect(path('http://a.example')).to.equal('/');
    expect(path('http://a.example?a=1')).to.equal('/?a=1');
    expect(path('http://a.example/a//b%20c?d={topic}&e')).to.equal('/a//b%20c?d=orders&e');
  });

  it('takes texts, numbers, true and false out of a value, and nothing that it inherits', () => {
    const value = Buffer.from('{"a":{"b":"x","n":0,"f":false,"o":{}},"l":["y"],"e":""}');
    const field = (name: string) => path(`http://a.example/{field.${name}:-none}`, { value });
    expect(['a.b', 'a.n', 'a.f', 'l.0'].map(field)).to.deep.equal(['/x', '/0', '/false', '/y']);
    for (const name of ['a.o', 'a.b.length', 'constructor', 'toString', 'a.__proto__', 'e', 'zz.y'])
      expect(field(name), name).to.equal('/none');
    expect(path('http://a.example/{field.a:-none}', { value: Buffer.from('{"a') })).to.equal('/none');
    expect(path('http://a.example/{field.a:-none}', { value: null })).to.equal('/none');
  });

  it('percent-encodes whatever a message brings, byte by byte', () => {
    const key = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const encoded = path('http://a.example/{key}', { key }).slice(1);
    expect(encoded).to.match(/^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+$/);
    const decoded = encoded.replaceAll(/%(..)/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
    expect(Buffer.from(decoded, 'latin1')).to.deep.equal(key);
    expect(path('http://a.example/{topic}', { topic: 'a\ud800b' })).to.equal('/a%EF%BF%BDb');
  });

  it('takes no way up, also not in parts', () => {
    for (const key of ['.', '..', '../x', 'a/../b', 'a/..', 'a\\..\\b'])
      expect(() => path('http://a.example/{key}', { key: Buffer.from(key) })).to.throw('another path');
    expect(() => path('http://a.example/x.{key}/y', { key: Buffer.from('.') })).not.to.throw();
    expect(() => path('http://a.example/.{key}/y', { key: Buffer.from('.') })).to.throw('another path');
    expect(path('http://a.example/a?b={key}', { key: Buffer.from('..') })).to.equal('/a?b=..');
  });

  it('says of the id and of headers what the message has', () => {
    const message = new Message({
      ...messageWith({
        headers: [
          ['A', Buffer.from('1')],
          ['a', Buffer.from('2')],
          ['n', null],
        ],
      }),
      id: 'abc-1',
    });
    const filled = (url: string) => fillIn(parseUrlTemplate(url), message);
    expect(filled('http://a.example/{id}/{header.A}')).to.equal('/abc-1/2');
    expect(() => filled('http://a.example/{header.n}')).to.throw('the message has nothing for {header.n} in the URL');
    expect(filled('http://a.example/{header.n:-a b}')).to.equal('/a%20b');
  });
});
