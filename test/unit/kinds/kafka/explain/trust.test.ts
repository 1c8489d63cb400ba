import { expect } from 'chai';
import type { Diagnosis } from '../../../../../src/kinds/kafka/explain/diagnosis.ts';
import { tlsOptions } from '../../../../../src/kinds/kafka/explain/trust.ts';
import { tlsFile } from '../../../../support/odd-servers.ts';

function problemWith(properties: Record<string, string>): Diagnosis | undefined {
  try {
    tlsOptions({ 'ssl.ca.location': tlsFile('certificate.pem'), ...properties });
    return undefined;
  } catch (error) {
    return (error as { diagnosis: Diagnosis }).diagnosis;
  }
}

describe('files that TLS cannot use', () => {
  it('are named as the configuration names them: settings, and properties under client', () => {
    expect(problemWith({ 'ssl.certificate.location': '/no/such' })).to.include({
      setting: 'ssl_certfile',
      problem: "the file of 'ssl_certfile' cannot be read (ENOENT)",
    });
    expect(problemWith({ 'ssl.keystore.location': '/no/such' })).to.include({
      setting: "client['ssl.keystore.location']",
      problem: "the file of client['ssl.keystore.location'] cannot be read (ENOENT)",
    });
  });

  it('a keystore that is none is not called PEM', () => {
    const keystore = { 'ssl.keystore.location': tlsFile('certificate.pem'), 'ssl.keystore.password': 'hunter2' };
    const { setting, problem, advice } = problemWith(keystore) as Diagnosis;
    expect([setting, problem, advice]).to.deep.equal([
      "client['ssl.keystore.location']",
      "client['ssl.keystore.location'] cannot be used (unreadable)",
      'it must be a PKCS#12 file',
    ]);
  });

  it('a certificate and the key of another', () => {
    const files = {
      'ssl.certificate.location': tlsFile('certificate.pem'),
      'ssl.key.location': tlsFile('server-key.pem'),
    };
    expect(problemWith(files)?.problem).to.equal("'ssl_keyfile' is not the key of 'ssl_certfile'");
    const pem = { 'ssl.key.pem': 'hunter2' };
    expect(problemWith({ ...pem, 'ssl.certificate.location': tlsFile('certificate.pem') })?.problem).not.to.include(
      'hunter2',
    );
  });
});
