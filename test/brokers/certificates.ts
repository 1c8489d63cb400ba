/** Certificates, made anew for each start: those that are right, and one for each way in which they can be wrong. */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BrokersError } from './java.ts';

export interface Certificates {
  /** The authority of the brokers' certificates and of the client's. */
  readonly ca: string;
  /** An authority that the brokers do not know and that did not sign them. */
  readonly strangerCa: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  /** The same key, encrypted with `keyPassword`. */
  readonly encryptedClientKey: string;
  readonly keyPassword: string;
  /** A client that the stranger's authority vouches for; brokers refuse it. */
  readonly strangerCertificate: string;
  readonly strangerKey: string;
}

/** What brokers present: key and certificate in one PEM file. */
export interface BrokerCertificates {
  readonly broker: string;
  readonly expired: string;
  /** For another host's name. */
  readonly misnamed: string;
}

export interface Made {
  readonly forClients: Certificates;
  readonly forBrokers: BrokerCertificates;
}

const OURS = 'subjectAltName=DNS:localhost,IP:127.0.0.1';

const REGISTER = `[ca]
default_ca = d
[d]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = p
[p]
commonName = supplied
`;

export async function makeCertificates(directory: string): Promise<Made> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const maker = new Maker(directory);
  const [ca, stranger] = [await maker.authority('ca'), await maker.authority('stranger-ca')];
  await Promise.all([
    maker.certificate('broker', ca, { extension: OURS }),
    maker.certificate('misnamed', ca, { extension: 'subjectAltName=DNS:elsewhere.example' }),
    maker.certificate('expired', ca, { extension: OURS, expired: true }),
    maker.certificate('client', ca, {}),
    maker.certificate('stranger', stranger, {}),
  ]);
  const keyPassword = randomBytes(12).toString('hex');
  await maker.encryptKey('client', 'client-encrypted', keyPassword);
  return {
    forClients: {
      ca: maker.path('ca.crt'),
      strangerCa: maker.path('stranger-ca.crt'),
      clientCertificate: maker.path('client.crt'),
      clientKey: maker.path('client.key'),
      encryptedClientKey: maker.path('client-encrypted.key'),
      keyPassword,
      strangerCertificate: maker.path('stranger.crt'),
      strangerKey: maker.path('stranger.key'),
    },
    forBrokers: { broker: maker.pem('broker'), expired: maker.pem('expired'), misnamed: maker.pem('misnamed') },
  };
}

interface Wanted {
  readonly extension?: string;
  readonly expired?: boolean;
}

class Maker {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  path(file: string): string {
    return join(this.#directory, file);
  }

  async authority(name: string): Promise<string> {
    await this.#key(name);
    const subject = ['-subj', `/CN=${name}`, '-days', '30', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
    await this.#openssl(['req', '-x509', '-new', '-key', `${name}.key`, '-out', `${name}.crt`, ...subject]);
    return name;
  }

  async certificate(name: string, ca: string, { extension, expired = false }: Wanted): Promise<void> {
    await this.#key(name);
    await this.#openssl(['req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`]);
    writeFileSync(this.path(`${name}.ext`), extension ?? '');
    await (expired ? this.#signExpired(name, ca) : this.#sign(name, ca));
  }

  async #sign(name: string, ca: string): Promise<void> {
    const serial = `0x${randomBytes(8).toString('hex')}`;
    const by = ['-CA', `${ca}.crt`, '-CAkey', `${ca}.key`, '-set_serial', serial, '-days', '30'];
    const files = ['-in', `${name}.csr`, '-extfile', `${name}.ext`, '-out', `${name}.crt`];
    await this.#openssl(['x509', '-req', ...by, ...files]);
  }

  /** `openssl x509` knows no dates in the past, `openssl ca` does; it wants a small register. */
  async #signExpired(name: string, ca: string): Promise<void> {
    writeFileSync(this.path('ca.conf'), REGISTER);
    writeFileSync(this.path('index'), '');
    const dates = ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'];
    const by = ['-cert', `${ca}.crt`, '-keyfile', `${ca}.key`, '-extfile', `${name}.ext`, '-notext', ...dates];
    await this.#openssl(['ca', '-batch', '-config', 'ca.conf', '-in', `${name}.csr`, ...by, '-out', `${name}.crt`]);
  }

  async encryptKey(from: string, to: string, password: string): Promise<void> {
    writeFileSync(this.path('password'), password, { mode: 0o600 });
    const cipher = ['-v2', 'aes-256-cbc', '-passout', 'file:password'];
    await this.#openssl(['pkcs8', '-topk8', '-in', `${from}.key`, ...cipher, '-out', `${to}.key`]);
  }

  /** Kafka's PEM key stores want the key (PKCS #8) and its certificate in one file. */
  pem(name: string): string {
    const parts = [`${name}.key`, `${name}.crt`].map((file) => readFileSync(this.path(file), 'utf8'));
    writeFileSync(this.path(`${name}.pem`), parts.join(''), { mode: 0o600 });
    return this.path(`${name}.pem`);
  }

  #key(name: string): Promise<void> {
    const curve = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    return this.#openssl(['genpkey', ...curve, '-out', `${name}.key`]);
  }

  async #openssl(args: readonly string[]): Promise<void> {
    await promisify(execFile)('openssl', args, { cwd: this.#directory }).catch((error: Error) => {
      throw new BrokersError(`openssl failed: ${error.message}`);
    });
  }
}
