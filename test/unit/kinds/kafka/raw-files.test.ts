/** Files that librdkafka would open by itself, and that could hold up its thread for ever. */

import { execFileSync } from 'node:child_process';
import fs, { chmodSync, existsSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { createClient, createConsumer } from '../../../../src/kinds/kafka/librdkafka/native/configure.ts';
import type { Native } from '../../../../src/kinds/kafka/librdkafka/native/native.ts';
import { LibrdkafkaDriver } from '../../../../src/kinds/kafka/librdkafka/send/driver.ts';
import { NodeRdkafkaDriver } from '../../../../src/kinds/kafka/node-rdkafka/driver.ts';
import { hasNodeRdkafka } from '../../../support/drivers.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

/** Each property, and what an error calls it. */
const PROPERTIES: Readonly<Record<string, string>> = {
  'ssl.ca.location': "'ssl_cafile'",
  'ssl.certificate.location': "'ssl_certfile'",
  'ssl.key.location': "'ssl_keyfile'",
  'ssl.crl.location': "client['ssl.crl.location']",
  'ssl.keystore.location': "client['ssl.keystore.location']",
  'https.ca.location': "client['https.ca.location']",
  'sasl.kerberos.keytab': "client['sasl.kerberos.keytab']",
  'sasl.oauthbearer.assertion.private.key.file': "client['sasl.oauthbearer.assertion.private.key.f…']",
};

const PIPE = 'is a pipe, and it is read more than once: name a regular file';
const NO_FILE = 'is no regular file';
const ASKED = 'librdkafka was asked';

/** A librdkafka that makes no client. */
const native = {
  rdkafka: {
    confNew: () => {
      throw new Error(ASKED);
    },
  },
} as unknown as Native;

describe('a file that librdkafka opens', () => {
  const directory = temporaryDirectories();
  let path: string;
  beforeEach(() => {
    path = join(directory(), 'file');
  });
  afterEach(() => sinon.restore());

  const messageOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
    return 'nothing';
  };

  const failing = (code: string) => {
    writeFileSync(path, 'text');
    sinon.stub(fs, 'readSync').throws(Object.assign(new Error(code), { code, syscall: 'read' }));
  };

  const REFUSED: Readonly<Record<string, readonly [make: () => void, why: string]>> = {
    'a pipe': [() => execFileSync('mkfifo', [path]), PIPE],
    'a link to a device': [() => symlinkSync('/dev/zero', path), NO_FILE],
    'a file without a byte for now, as in /proc': [() => failing('EAGAIN'), 'cannot be read (EAGAIN)'],
    'a file on a bad disk': [() => failing('EIO'), 'cannot be read (EIO)'],
  };
  for (const [thing, [make, why]] of Object.entries(REFUSED)) {
    it(`is refused before librdkafka is asked, as it may be repaired: ${thing}`, () => {
      make();
      for (const [name, words] of Object.entries(PROPERTIES))
        for (const create of [createClient, createConsumer])
          expect(messageOf(() => create(native, { [name]: path }))).to.equal(
            `ConnectError: the file of ${words} ${why}`,
          );
    });

    it(`is refused where SSL_CERT_FILE names it, with its path: ${thing}`, () => {
      make();
      sinon.stub(process, 'env').value({ ...process.env, SSL_CERT_FILE: path });
      expect(messageOf(() => createClient(native, { 'ssl.ca.location': path }))).to.equal(
        `ConnectError: the file ${path} of the variable SSL_CERT_FILE ${why}`,
      );
    });
  }

  const GIVEN: Readonly<Record<string, () => void>> = {
    'a file': () => writeFileSync(path, 'text'),
    'an empty file': () => writeFileSync(path, ''),
    'a file of 5 GiB': () => {
      writeFileSync(path, '');
      truncateSync(path, 5 * 2 ** 30);
    },
    'a folder of authorities': () => {
      mkdirSync(path);
      writeFileSync(join(path, '0a1b2c3d.0'), 'text');
    },
    nothing: () => expect(existsSync(path)).to.equal(false),
    'a link to itself': () => symlinkSync('file', path),
    'a file without permissions': () => {
      writeFileSync(path, 'text');
      chmodSync(path, 0);
    },
  };
  for (const [thing, make] of Object.entries(GIVEN))
    it(`is librdkafka's to open, or to report: ${thing}`, () => {
      make();
      for (const name of Object.keys(PROPERTIES))
        expect(messageOf(() => createClient(native, { [name]: path }))).to.equal(`Error: ${ASKED}`);
    });

  it('is no other property', () => {
    execFileSync('mkfifo', [path]);
    expect(messageOf(() => createClient(native, { 'client.id': path }))).to.equal(`Error: ${ASKED}`);
  });

  const DRIVERS = [LibrdkafkaDriver, ...(hasNodeRdkafka ? [NodeRdkafkaDriver] : [])];
  for (const Driver of DRIVERS)
    for (const [thing, [make, why]] of Object.entries(REFUSED))
      it(`is a failed connection where it has changed since the start: ${Driver.name}, ${thing}`, async () => {
        make();
        const driver = new Driver({
          properties: { 'bootstrap.servers': '127.0.0.1:1', 'ssl.crl.location': path },
          topicProperties: {},
          defaults: { topic: 't', errorTopic: 'e' },
          log: () => {},
        });
        const error = await driver.open(AbortSignal.timeout(1000)).catch((thrown) => thrown);
        await driver.close(0);
        expect(`${error.name}: ${error.message}`).to.equal(
          `ConnectError: the file of client['ssl.crl.location'] ${why}`,
        );
      });
});
