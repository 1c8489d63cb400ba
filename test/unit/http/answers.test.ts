import { expect } from 'chai';
import { HttpProducerConfig } from '../../../src/config/http.ts';
import { condemns, demandsReset } from '../../../src/delivery/classify.ts';
import { verdict } from '../../../src/producers/http/answer.ts';
import { Excerpts } from '../../../src/producers/http/excerpt.ts';
import { sendError } from '../../../src/producers/http/failures.ts';
import { retryAfterMs } from '../../../src/producers/http/retry-after.ts';

const configWith = (settings: object = {}) =>
  HttpProducerConfig.parse({ type: 'http', name: 'hook', url: 'http://a.example/in', ...settings });
const RETRY_ON = configWith().retry_on;

describe('the answers of a web server', () => {
  const of = (status: number, messages = 1, retryOn = RETRY_ON) =>
    verdict({ status, retryAfter: undefined, date: undefined, excerpt: '' }, retryOn, { origin: 'http://a', messages });
  const kind = (status: number) => {
    const error = of(status);
    return error === undefined ? 'delivered' : (condemns(error) ?? 'transient');
  };

  it('have a meaning, each of them', () => {
    const statuses = Array.from({ length: 1000 }, (_, status) => status);
    const those = (wanted: string) => statuses.filter((status) => kind(status) === wanted);
    expect(those('delivered')).to.deep.equal(statuses.slice(200, 300));
    const outages = [401, 407, 408, 425, 429];
    expect(those('transient')).to.deep.equal([...outages, ...statuses.slice(500, 600)]);
    const passing = new Set([...those('delivered'), ...those('transient')]);
    expect(those('message')).to.deep.equal(statuses.filter((status) => !passing.has(status)));
  });

  it('condemn a set where several messages were sent, but not for where they were sent', () => {
    expect(condemns(of(422, 5) as Error)).to.equal('set');
    expect(condemns(of(413, 2) as Error)).to.equal('set');
    expect(condemns(of(301, 5) as Error)).to.equal('message');
    for (const none of [100, 600, 999]) expect(condemns(of(none, 5) as Error), String(none)).to.equal('set');
    expect(condemns(of(501, 5, [429]) as Error)).to.equal('set');
  });

  it('ask for a wait in seconds or by a date, and for none with anything else', () => {
    const now = Date.parse('2026-11-21T10:00:00Z');
    const date = 'Sat, 21 Nov 2026 11:00:00 GMT'; // its clock is an hour ahead
    const asked = (value: unknown) => retryAfterMs(value, undefined, now);
    expect([asked('0'), asked('7'), asked(' 120 ')]).to.deep.equal([0, 7000, 120_000]);
    expect(asked('Sat, 21 Nov 2026 10:00:30 GMT')).to.equal(30_000);
    expect(asked('Saturday, 21-Nov-26 10:00:30 GMT')).to.equal(30_000);
    expect(retryAfterMs('Sat, 21 Nov 2026 11:00:30 GMT', date, now)).to.equal(30_000);
    expect(asked('Sat, 21 Nov 2020 10:00:30 GMT')).to.equal(0);
    for (const strange of [undefined, '', '-1', '1.5', '1e9', 'soon', 'May 5', ['1', '2'], '99999999999', 'Xyz, GMT'])
      expect(asked(strange), String(strange)).to.equal(undefined);
  });

  it('are quoted in one short line of text, without secrets, and only where they are text for people', () => {
    const config = configWith({
      url: 'http://a.example/hooks/0123456789abcdef/{topic}?sig=fedcba9876543210',
      headers: { 'X-Any': 'header-value' },
      auth: { bearer: 'the-bearer-token' },
    });
    const shown = (text: string, type: unknown = 'text/plain') => new Excerpts(config).of(Buffer.from(text), type);
    expect(shown('no\r\n\u001b[31mway\u202e')).to.equal('no [31mway');
    expect(shown('{"a":1}', 'application/problem+json; charset=utf-8')).to.equal('{"a":1}');
    for (const type of [null, 'text/html', 'image/png', 'application/octet-stream', ['text/plain']])
      expect(shown('text', type)).to.equal('');
    expect(shown('x'.repeat(1000))).to.have.length(201);
    const told = shown('the-bearer-token header-value /hooks/0123456789abcdef/t?sig=fedcba9876543210');
    expect(told).to.equal('*** *** /hooks/***/t?sig=***');
  });

  it('need not come: every way in which a request fails may pass, and says what it was', () => {
    const failed = (code: string, status?: number) =>
      sendError(Object.assign(new Error('secret text'), { code }), { origin: 'http://a', status });
    for (const code of [
      'ECONNREFUSED',
      'ENOTFOUND',
      'EAI_AGAIN',
      'UND_ERR_CONNECT_TIMEOUT',
      'CERT_HAS_EXPIRED',
      'ERR_SSL_WRONG_VERSION_NUMBER',
    ]) {
      expect(condemns(failed(code)), code).to.equal(undefined);
      expect(demandsReset(failed(code)), code).to.equal(true);
    }
    for (const code of [
      'ECONNRESET',
      'EPIPE',
      'UND_ERR_SOCKET',
      'HPE_INVALID_CONSTANT',
      'UND_ERR_HEADERS_OVERFLOW',
      'NEW',
    ]) {
      expect(condemns(failed(code)), code).to.equal(undefined);
      expect(demandsReset(failed(code)), code).to.equal(false);
    }
    expect(failed('UND_ERR_SOCKET').message).to.equal('http://a closed the connection without an answer');
    expect(failed('UND_ERR_SOCKET', 200).message).to.equal(
      'http://a broke its answer off (status 200, UND_ERR_SOCKET)',
    );
    expect(condemns(failed('UND_ERR_INVALID_ARG'))).to.equal('message');
    expect(failed('NEW').message).to.include('NEW').and.not.include('secret');
  });
});
