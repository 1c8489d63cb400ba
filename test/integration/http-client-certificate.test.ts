/**
 * Servers that refuse the certificate of an HTTP producer. Node's own server drops such a client without a word of TLS, so OpenSSL's is
 * asked, too, which sends the alert.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { HttpProducer } from '../../src/kinds/http/http-producer.ts';
import { LogLines } from '../support/log-lines.ts';
import { tlsFile } from '../support/odd-servers.ts';
import { OK, ScriptedHttpServer } from '../support/scripted-http-server.ts';
import { PATIENT, until } from '../support/until.ts';

const CERTIFICATE = tlsFile('server.pem');
const KEY = tlsFile('server-key.pem');
/** An authority that has signed no certificate of these tests. */
const STRANGER = tlsFile('stranger.pem');

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.log('  left out: alerts about certificates of HTTP clients, which want the command openssl');

describe('a server that refuses the certificate of its client', function () {
  this.timeout(120_000);

  const children: ChildProcess[] = [];
  const servers: ScriptedHttpServer[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  /** Resolves with the port of an OpenSSL that demands certificates of `STRANGER`. */
  async function openssl(...options: string[]): Promise<number> {
    const files = ['-cert', CERTIFICATE, '-key', KEY, '-CAfile', STRANGER];
    const demands = ['-Verify', '1', '-verify_return_error', '-www', '-accept', '127.0.0.1:0'];
    const child = spawn('openssl', ['s_server', ...files, ...demands, ...options]);
    children.push(child);
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
    });
    await until(() => /ACCEPT \S+:\d+/.test(said));
    return Number(/ACCEPT \S+:(\d+)/.exec(said)?.[1]);
  }

  const producerFor = (url: string, log: LogLines, own: object) =>
    new HttpProducer(
      {
        type: 'http',
        name: 'hook',
        url,
        ssl_cafile: tlsFile('certificate.pem'),
        max_retries: 0,
        backoff_seconds: 0.1,
        connect_timeout_seconds: 3,
        ...own,
      },
      { logger: log },
    );

  const OWN = { ssl_certfile: CERTIFICATE, ssl_keyfile: KEY };

  if (hasOpenssl)
    for (const version of ['-tls1_2', '-tls1_3'])
      for (const [what, own] of [
        ['a certificate of an authority that it does not know', OWN],
        ['no certificate', {}],
      ] as const)
        it(`${version}, ${what}: named with its setting by check() and in the log, and nothing is dead-lettered`, async () => {
          const port = await openssl(version);
          const log = new LogLines();
          const producer = producerFor(`https://localhost:${port}/in`, log, own);
          const { ok, layers } = await producer.check(PATIENT);
          expect(ok).to.equal(false);
          expect(layers.find((one) => !one.ok)?.setting).to.equal('ssl_certfile');
          producer.produce({ value: 1 });
          await until(() => log.all.includes('ssl_certfile'));
          await until(() => producer.stats().blockedBy?.why.includes('ssl_certfile') === true);
          expect(producer.stats()).to.include({ delivered: 0, deadLettered: 0, pending: 1 });
          await producer.shutdown(500);
        });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
    it(`${version}, a server of Node: an outage, and nothing is dead-lettered; one that trusts the certificate gets the message`, async () => {
      const files = { cert: readFileSync(CERTIFICATE), key: readFileSync(KEY) };
      const versions = { minVersion: version, maxVersion: version };
      const demands = { requestCert: true, rejectUnauthorized: true };
      const refusing = { ...files, ...versions, ...demands, ca: readFileSync(STRANGER) };
      const server = await ScriptedHttpServer.start(() => OK, { tls: refusing });
      servers.push(server);
      const log = new LogLines();
      const producer = producerFor(server.url, log, OWN);
      expect((await producer.check(PATIENT)).ok).to.equal(false);
      for (let value = 0; value < 3; value++) producer.produce({ value });
      await until(() => log.all.includes('failed') || log.all.includes('cannot connect'));
      expect(producer.stats()).to.include({ delivered: 0, deadLettered: 0, pending: 3 });
      const trusting = await ScriptedHttpServer.start(() => OK, {
        tls: { ...refusing, ca: readFileSync(tlsFile('certificate.pem')) },
      });
      servers.push(trusting);
      const allowed = producerFor(trusting.url, log, OWN);
      await allowed.send({ value: 1 }, PATIENT);
      await Promise.all([producer.shutdown(500), allowed.shutdown(500)]);
    });
});
