/** TLS without `ssl_cafile`: whom a producer trusts then. */

import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { COMMAND } from '../support/run-command.ts';
import { brokers, createTopic } from './index.ts';

/** Where Debian keeps the authorities that it trusts. */
const STORE = '/etc/ssl/certs/ca-certificates.crt';

/** Whether this process may show another store to a child, by a mount of its own. */
const canMount = existsSync(STORE) && spawnSync('unshare', ['--mount', 'true']).status === 0;

describe('a producer with TLS and without ssl_cafile', function () {
  this.timeout(120_000);
  const kafka = brokers('single');
  const topic = 'authorities';
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outspool-authorities-'));
    await createTopic(kafka, topic);
    const servers = { bootstrap_servers: kafka.bootstrapServers.ssl, security_protocol: 'SSL' };
    writeFileSync(
      join(folder, 'producers.yaml'),
      stringify({ producers: [{ type: 'kafka', name: topic, ...servers }] }),
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  const COMMAND_LINE = [process.execPath, COMMAND, 'check', '--send', '--timeout', '60s'];

  function check(
    [command = '', ...args]: readonly string[],
    authorities = '',
  ): Promise<{ code: number; text: string }> {
    const env = { ...process.env, SSL_CERT_FILE: authorities };
    return new Promise((resolve) => {
      execFile(command, args, { cwd: folder, env }, (error, _stdout, text) =>
        resolve({ code: Number(error?.code ?? 0), text }),
      );
    });
  }

  it('does not trust an authority that stands nowhere', async () => {
    const { code, text } = await check(COMMAND_LINE);
    expect(code, text).to.equal(3);
    expect(text).to.contain('signed by an unknown authority');
  });

  it('trusts the authorities of the variable SSL_CERT_FILE', async () => {
    const { code, text } = await check(COMMAND_LINE, kafka.certificates.ca);
    expect(code, text).to.equal(0);
  });

  if (canMount)
    it("trusts the authorities of the system's store", async () => {
      const shown = `mount --bind '${kafka.certificates.ca}' ${STORE} && exec "$@"`;
      const { code, text } = await check(['unshare', '--mount', 'sh', '-c', shown, 'sh', ...COMMAND_LINE]);
      expect(code, text).to.equal(0);
    });
});
