import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import fs, { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { inspectTlsFiles } from '../../../../src/kinds/common/tls-files.ts';

const fixture = (name: string) => join(import.meta.dirname, '../../../fixtures/tls', name);
const CERTIFICATE = fixture('certificate.pem');
const KEY = fixture('key.pem');

function written(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'outspool-tls-')), 'file.pem');
  writeFileSync(file, text);
  return file;
}

const lines = (config: Parameters<typeof inspectTlsFiles>[0]) =>
  inspectTlsFiles(config).map(({ path, message }) => `${path}: ${message}`);

describe('TLS files', () => {
  const key = readFileSync(KEY, 'utf8');
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' } as const;
  const locked = written(createPrivateKey(key).export(options) as string);

  it('are fine where they belong together', () => {
    expect(lines({ ssl_cafile: CERTIFICATE, ssl_certfile: CERTIFICATE, ssl_keyfile: KEY })).to.deep.equal([]);
    expect(lines({ ssl_certfile: CERTIFICATE, ssl_keyfile: locked, ssl_password: 'hunter2' })).to.deep.equal([]);
    const both = written(`A note\n${key}${readFileSync(CERTIFICATE, 'utf8')}`);
    expect(lines({ ssl_certfile: both, ssl_keyfile: both, ssl_password: 'for a key that needs none' })).to.deep.equal(
      [],
    );
  });

  it('are texts: the client takes no other form', () => {
    const binary = join(mkdtempSync(join(tmpdir(), 'outspool-tls-')), 'file.der');
    writeFileSync(binary, new X509Certificate(readFileSync(CERTIFICATE)).raw);
    expect(lines({ ssl_cafile: binary })).to.have.length(1);
  });

  it('hold what their settings say', () => {
    expect(lines({ ssl_cafile: KEY, ssl_certfile: KEY, ssl_keyfile: CERTIFICATE })).to.deep.equal([
      'ssl_cafile: expected a file with a certificate in PEM (-----BEGIN CERTIFICATE-----)',
      'ssl_certfile: expected a file with a certificate in PEM (-----BEGIN CERTIFICATE-----)',
      'ssl_keyfile: expected a file with a private key in PEM (-----BEGIN PRIVATE KEY-----)',
    ]);
  });

  it('belong together', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = written(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    expect(lines({ ssl_certfile: CERTIFICATE, ssl_keyfile: other })).to.deep.equal([
      "ssl_keyfile: is not the key of the certificate in 'ssl_certfile'",
    ]);
  });

  it('open with their password alone, which is never shown', () => {
    expect(lines({ ssl_keyfile: locked })).to.deep.equal(["ssl_keyfile: needs 'ssl_password': the key is encrypted"]);
    expect(lines({ ssl_keyfile: locked, ssl_password: 'wrong' })).to.deep.equal([
      "ssl_password: does not open the key in 'ssl_keyfile'",
    ]);
  });

  const KEYS = ['ssl_cafile', 'ssl_certfile', 'ssl_keyfile'] as const;
  for (const key of KEYS) {
    it(`are no larger than 16 MiB: ${key}`, () => {
      const file = written('');
      truncateSync(file, 16 * 2 ** 20 + 1);
      expect(lines({ [key]: file })).to.deep.equal([`${key}: the file is larger than 16 MiB`]);
    });

    for (const code of ['EAGAIN', 'EIO', 'ESTALE'])
      it(`are read, although the system lets them be opened: ${key} with ${code}`, () => {
        const read = sinon.stub(fs, 'readSync').throws(Object.assign(new Error(code), { code, syscall: 'read' }));
        try {
          expect(lines({ [key]: CERTIFICATE })).to.deep.equal([`${key}: the file cannot be read (${code})`]);
        } finally {
          read.restore();
        }
      });
  }

  it('that are not there are somebody else’s to report', () => {
    expect(lines({ ssl_cafile: '/no/such', ssl_certfile: 5 as never, ssl_keyfile: '' })).to.deep.equal([]);
  });
});
