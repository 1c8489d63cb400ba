import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { clientProperties } from '../../../../src/kinds/kafka/properties.ts';
import { KafkaProducerConfig } from '../../../../src/kinds/kafka/schema.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

describe('the authorities of a Kafka producer', () => {
  const directory = temporaryDirectories();
  afterEach(() => sinon.restore());

  const location = (settings: object) => {
    const config = KafkaProducerConfig.parse({ type: 'kafka', name: 'k', ...settings });
    return clientProperties(config).properties['ssl.ca.location'];
  };
  /** Lets the variable SSL_CERT_FILE name a file. */
  const named = (): string => {
    const path = join(directory(), 'authorities.pem');
    writeFileSync(path, '');
    sinon.stub(process, 'env').value({ ...process.env, SSL_CERT_FILE: path });
    return path;
  };
  const SSL = { security_protocol: 'SSL' };

  it('are those of the variable SSL_CERT_FILE, as with every client that uses OpenSSL', () => {
    sinon.stub(process, 'env').value({ ...process.env, SSL_CERT_FILE: '' });
    expect(location(SSL)).to.equal(undefined);
    sinon.restore();
    const path = named();
    expect(location(SSL)).to.equal(path);
    expect(location({ username: 'u', password: 'p' })).to.equal(path);
  });

  it('are others where the configuration names them, and none without TLS', () => {
    named();
    expect(location({ ...SSL, ssl_cafile: '/my/authorities' })).to.equal('/my/authorities');
    expect(location({ ...SSL, client: { 'ssl.ca.pem': 'a certificate' } })).to.equal(undefined);
    expect(location({})).to.equal(undefined);
  });

  it('are left to librdkafka where the variable names no file', () => {
    sinon.stub(process, 'env').value({ ...process.env, SSL_CERT_FILE: join(directory(), 'missing') });
    expect(location(SSL)).to.equal(undefined);
  });
});
