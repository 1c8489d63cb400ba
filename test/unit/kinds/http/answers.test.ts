import * as zlib from 'node:zlib';
import { expect } from 'chai';
import { verdict } from '../../../../src/kinds/http/answer.ts';
import { Excerpts } from '../../../../src/kinds/http/excerpt.ts';
import { sendError } from '../../../../src/kinds/http/failures.ts';
import { retryAfterMs } from '../../../../src/kinds/http/retry-after.ts';
import { HttpProducerConfig } from '../../../../src/kinds/http/schema.ts';
import { condemns, demandsReset } from '../../../../src/shared/classify-error.ts';

const { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } = zlib;

const configWith = (settings: object = {}) =>
  HttpProducerConfig.parse({ type: 'http', name: 'hook', url: 'http://a.example/in', ...settings });
const RETRY_ON = configWith().retry_on;

const PLAIN = 'The plain HTTP request was sent to HTTPS port';
const NO_CERTIFICATE = 'No required SSL certificate was sent';
const LATE = 'Reason: Cannot perform Post-Handshake Authentication.';
const LATE_ADVICE = /after the handshake.*SSLVerifyClient/;
const APACHE =
  "this server could not understand. Reason: You're speaking plain HTTP to an SSL-enabled server port. Instead use the HTTPS scheme";

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
    const nginx = [495, 496, 497]; // a certificate that is refused or missing, and http:// to a port of https
    expect(those('transient')).to.deep.equal([...outages, ...nginx, ...statuses.slice(500, 600)]);
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
    const shown = (text: string, contentType: unknown = 'text/plain') =>
      new Excerpts(config).of(Buffer.from(text), { contentType, contentEncoding: undefined });
    expect(shown('no\r\n\u001b[31mway\u202e')).to.equal('no [31mway');
    expect(shown('{"a":1}', 'application/problem+json; charset=utf-8')).to.equal('{"a":1}');
    for (const type of [null, 'text/css', 'image/png', 'application/octet-stream', ['text/plain']])
      expect(shown('text', type)).to.equal('');
    expect(shown('x'.repeat(1000))).to.have.length(201);
    const told = shown('the-bearer-token header-value /hooks/0123456789abcdef/t?sig=fedcba9876543210');
    expect(told).to.equal('*** *** /hooks/***/t?sig=***');
  });

  it('are quoted as a browser shows them: decompressed, decoded, without markup', () => {
    const excerpts = new Excerpts(configWith({ auth: { bearer: 'the-bearer-token' } }));
    const shown = (bytes: Buffer, contentType = 'text/plain', contentEncoding?: string) =>
      excerpts.of(bytes, { contentType, contentEncoding });
    const text = Buffer.from('zu groß: the-bearer-token');
    const encodings: Readonly<Record<string, Buffer>> = {
      identity: text,
      gzip: gzipSync(text),
      'x-gzip': gzipSync(text),
      'GZIP, identity': gzipSync(text),
      'gzip, br': brotliCompressSync(gzipSync(text)),
      br: brotliCompressSync(text),
      deflate: deflateSync(text),
      ' deflate ': deflateRawSync(text),
    };
    for (const [name, bytes] of Object.entries(encodings))
      expect(shown(bytes, 'text/plain', name), name).to.equal('zu groß: ***');
    expect(shown(gzipSync(Buffer.alloc(16_000, 'a long page ')).subarray(0, 40), 'text/plain', 'gzip')).to.match(
      /^a lo/,
    );
    expect(shown(text, 'text/plain', 'gzip'), 'not what it says').to.equal('');
    expect(shown(gzipSync(Buffer.alloc(8 << 20)), 'text/plain', 'gzip'), 'a bomb').to.equal('');
    expect(shown(Buffer.from('groß', 'latin1'), 'text/plain; charset="ISO-8859-1"')).to.equal('groß');
    expect(shown(Buffer.from('groß', 'utf16le'), 'text/plain; charset=utf-16le')).to.equal('groß');
    expect(shown(text.subarray(0, 7), 'text/plain; charset=no-such'), 'cut within a character').to.equal('zu gro');
    expect(shown(Buffer.from('<Error><Code>SlowDown</Code></Error>'), 'application/xml')).to.include('SlowDown');
  });

  it('name the encoding of a text that cannot be decoded here, however long the body is', () => {
    const excerpts = new Excerpts(configWith({ auth: { bearer: 'the-bearer-token' } }));
    const shown = (contentEncoding: string, contentType: string | undefined = 'text/plain', bytes = gzipSync('text')) =>
      [false, true].map((isCut) => excerpts.of(bytes, { contentType, contentEncoding }, isCut));
    const both = (text: string) => [text, text];
    for (const name of ['compress', 'dcz', 'exi', 'constructor', '__proto__', 'aws-chunked'])
      for (const type of ['text/plain', 'text/html', 'application/json', undefined])
        for (const encoding of [name, ` ${name.toUpperCase()} `, `gzip, ${name}`, `${name}, gzip`])
          expect(shown(encoding, type), `${encoding} ${type}`).to.deep.equal(both(`(a body encoded with ${name})`));
    expect(shown('exi', 'image/png'), 'no text').to.deep.equal(both(''));
    expect(shown('exi', 'text/plain', Buffer.alloc(0)), 'no body').to.deep.equal(both(''));
    expect(shown('the-bearer-token\r')).to.deep.equal(both('(a body encoded with ***)'));
    expect(shown('x'.repeat(1000))[0]).to.have.length(201);
  });

  it('are quoted where they are encoded with zstd, if Node has that', () => {
    const excerpts = new Excerpts(configWith());
    const { zstdCompressSync: compress } = zlib as { zstdCompressSync?: (bytes: Buffer) => Buffer };
    const shown = (text: Buffer, contentEncoding = 'zstd') =>
      excerpts.of(compress?.(text) ?? Buffer.from('(µ/ý'), { contentType: 'text/plain', contentEncoding });
    const expected = compress === undefined ? '(a body encoded with zstd)' : 'zu groß';
    expect(shown(Buffer.from('zu groß'))).to.equal(expected);
    expect(shown(Buffer.from('zu groß'), 'ZSTD, identity')).to.equal(expected);
    const bomb = shown(Buffer.alloc(8 << 20, 'x'));
    expect(bomb, 'a bomb').to.equal(compress === undefined ? expected : '');
  });

  it('that are pages of HTML are quoted as their text, however broken, in no more than their length', () => {
    const excerpts = new Excerpts(configWith({ auth: { bearer: 'the-bearer&token' } }));
    const shown = (page: string | Buffer, contentType = 'text/html', isCut = false) =>
      excerpts.of(Buffer.from(page), { contentType, contentEncoding: undefined }, isCut);
    const page = `<html><head><title>400 Bad</title><style>b { a: 1 }</style><!-- c > d --></head>
      <script>alert("x < y")</script><body><h1>Why?</h1>1 &lt; 2 &amp;&#33;&#x21; a < b<br/>the-bearer&amp;token</body>`;
    expect(shown(page)).to.equal('400 Bad Why? 1 < 2 &!! a < b ***');
    const latin = Buffer.from('<meta charset="iso-8859-1"><p>groß', 'latin1');
    expect(shown(latin)).to.equal('groß');
    expect(shown('<p>1</p>', 'application/xhtml+xml')).to.equal('1');
    const unnamed = (body: string | Buffer) =>
      excerpts.of(Buffer.from(body), { contentType: undefined, contentEncoding: undefined });
    expect(unnamed('slow down: zu groß\n')).to.equal('slow down: zu groß');
    expect(unnamed(Buffer.from('groß').subarray(0, 4)), 'cut within a character').to.equal('gro');
    expect(unnamed(page)).to.equal('400 Bad Why? 1 < 2 &!! a < b ***');
    for (const bytes of [Buffer.from('gro\xdf!', 'latin1'), Buffer.from([1, 2, 3]), gzipSync(page)])
      expect(unnamed(bytes)).to.equal('');
    for (const evil of ['<', '<!--', '<script', '<a', '&#x', '<script>'])
      expect(shown(evil.repeat(200_000)).length, evil).to.be.below(202);
    expect(shown(`${' <p>'.repeat(3000)}half of the-bea`, 'text/html', true), 'half a secret').to.equal('');
  });

  it('of servers that want to be connected to otherwise are an outage', () => {
    const pages = [
      [400, 'No required SSL certificate was sent', /ssl_certfile/],
      [400, 'The SSL certificate error', /ssl_certfile/],
      [400, 'The plain HTTP request was sent to HTTPS port', /https:\/\//],
      [400, 'Client sent an HTTP request to an HTTPS server.', /https:\/\//],
      [400, "Reason: You're speaking plain HTTP to an SSL-enabled server port.", /https:\/\//],
      [400, `400 ${NO_CERTIFICATE} 400 Bad Request ${NO_CERTIFICATE} nginx/1.27`, /ssl_certfile/],
      [400, `400 ${PLAIN} 400 Bad Request ${PLAIN} nginx`, /https:\/\//],
      [400, `400 Bad Request Bad Request Your browser sent a request that ${APACHE}`, /https:\/\//],
      [403, 'No required SSL certificate was sent', /ssl_certfile/],
      [403, `403 Forbidden Forbidden You don't have permission to access this resource.${LATE} Apache`, LATE_ADVICE],
      [403, `403 Forbidden Forbidden You don't have permission to access this resource. ${LATE}`, LATE_ADVICE],
      [403, `Forbidden ${LATE}`, LATE_ADVICE],
      [403, LATE, LATE_ADVICE],
      [403, 'IIS 10.0 Detailed Error - 403.7 - Forbidden HTTP Error 403.7 - Forbidden The page', /ssl_certfile/],
      [403, 'IIS 8.5 Detailed Error - 403.16 - Forbidden Server Error in Application "X"', /ssl_certfile/],
      [403, 'HTTP Error 403.13 - Forbidden', /ssl_certfile/],
      [403, '403.7 Forbidden: Client certificate required', /ssl_certfile/],
      [403, 'Client Certificate Required', /ssl_certfile/],
      [403, '403 Client certificate required', /ssl_certfile/],
      [403, 'The page requires a client certificate', /ssl_certfile/],
      [403, 'The requested page requires a valid SSL client certificate', /ssl_certfile/],
      [495, '', /ssl_certfile/],
      [496, '', /ssl_certfile/],
      [497, '', /https:\/\//],
    ] as const;
    for (const [status, excerpt, advice] of pages) {
      const answer = { status, retryAfter: undefined, date: undefined, excerpt };
      const error = verdict(answer, RETRY_ON, { origin: 'http://a', messages: 5 }) as Error;
      expect(condemns(error), excerpt).to.equal(undefined);
      expect(demandsReset(error), excerpt).to.equal(true);
      expect(error.message).to.match(advice);
    }
    const texts = [PLAIN, NO_CERTIFICATE, 'Client sent an HTTP request to an HTTPS server.', `that ${APACHE}`];
    const late = ['403.7 - Forbidden', 'Client certificate required', `You don't have permission. ${LATE}`, LATE];
    const echoes = [...texts, ...late].flatMap((text) => [
      `{"error":"no number: ${text}"}`,
      `["${text}"]`,
      `"${text}"`,
      `invalid value: ${text}`,
      `403 Forbidden Forbidden You don't have permission to access /x on this server. ${text}`,
    ]);
    const others = [
      '',
      'Forbidden',
      '403 Forbidden',
      '{"error":"forbidden"}',
      'IIS 10.0 Detailed Error - 403.4 - Forbidden',
    ];
    const more = ['403.70 - Forbidden', 'HTTP Error 403.14 - Forbidden', 'Client certificates are listed elsewhere'];
    for (const excerpt of [...echoes, ...others, ...more, '403 - Forbidden: Access is denied.'])
      for (const status of [400, 403]) {
        const answer = { status, retryAfter: undefined, date: undefined, excerpt };
        const error = verdict(answer, RETRY_ON, { origin: 'http://a', messages: 1 }) as Error;
        expect(condemns(error), excerpt).to.equal('message');
      }
    const other = {
      status: 422,
      retryAfter: undefined,
      date: undefined,
      excerpt: 'No required SSL certificate was sent',
    };
    expect(condemns(verdict(other, RETRY_ON, { origin: 'http://a', messages: 1 }) as Error)).to.equal('message');
  });

  it('are preceded by alerts of TLS, of which only those about certificates name that of the client', () => {
    const advice = (code: string) => sendError({ code }, { origin: 'https://a' }).message;
    const about = ['SSLV3_ALERT_HANDSHAKE_FAILURE', 'SSLV3_ALERT_BAD_CERTIFICATE', 'TLSV13_ALERT_CERTIFICATE_REQUIRED'];
    const more = ['TLSV1_ALERT_UNKNOWN_CA', 'SSLV3_ALERT_CERTIFICATE_EXPIRED', 'SSLV3_ALERT_UNSUPPORTED_CERTIFICATE'];
    for (const code of [...about, ...more, 'TLSV1_ALERT_ACCESS_DENIED', 'SSLV3_ALERT_CERTIFICATE_REVOKED'])
      expect(advice(`ERR_SSL_${code}`), code).to.include('ssl_certfile');
    const versions = ['TLSV1_ALERT_PROTOCOL_VERSION', 'TLSV1_ALERT_INSUFFICIENT_SECURITY', 'UNSUPPORTED_PROTOCOL'];
    for (const code of [...versions, 'TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'NO_PROTOCOLS_AVAILABLE'])
      expect(advice(`ERR_SSL_${code}`), code)
        .to.include('versions of TLS')
        .and.not.include('ssl_certfile');
    for (const code of ['TLSV1_UNRECOGNIZED_NAME', 'TLSV1_ALERT_INTERNAL_ERROR', 'TLSV1_ALERT_DECODE_ERROR'])
      expect(advice(`ERR_SSL_${code}`), code).to.not.include('ssl_certfile');
    const late = sendError({ code: 'UND_ERR_SOCKET' }, { origin: 'https://a', alert: `ERR_SSL_${about[2]}` });
    expect(late.message).to.include('ssl_certfile');
    expect(demandsReset(late)).to.equal(true);
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
