import { expect } from 'chai';
import { missingFeatures } from '../../../../../src/kinds/kafka/config-check/features.ts';
import { inspectKafka } from '../../../../../src/kinds/kafka/config-check/inspect.ts';
import type { KafkaFields } from '../../../../../src/kinds/kafka/fields.ts';
import { Inspection } from '../../../../../src/kinds/kafka/librdkafka/inspect/inspection.ts';
import { loadNative } from '../../../../../src/kinds/kafka/librdkafka/native/load.ts';

/** A librdkafka that was built where nothing was installed. */
const BARE = new Set(['snappy', 'sasl', 'regex', 'lz4', 'sasl_plain', 'plugins']);

const missing = (config: Partial<KafkaFields>) =>
  missingFeatures(config, BARE).map(({ path, message }) => `${path.join(' ')}: ${message}`);

const built = (what: string, library: string) =>
  `this librdkafka was built without ${what}: install ${library}, compile another (npm install node-rdkafka), and name its file in ` +
  'OUTSPOOL_LIBRDKAFKA';

describe('what this librdkafka was built without', () => {
  it('is said where it is asked for, with what to install', () => {
    expect(missing({ compression: 'zstd' })).to.deep.equal([
      `compression: ${built('zstd compression', 'libzstd-dev')}`,
    ]);
    expect(missing({ compression: 'gzip' })).to.deep.equal([`compression: ${built('gzip compression', 'zlib1g-dev')}`]);
    const tls = built('TLS (OpenSSL)', 'libssl-dev');
    expect(missing({ username: 'u', password: 'p' })).to.deep.equal([`username: ${tls}`]);
    expect(missing({ ssl_cafile: '/ca.pem' })).to.deep.equal([`ssl_cafile: ${tls}`]);
    expect(missing({ security_protocol: 'SSL' })).to.deep.equal([`security_protocol: ${tls}`]);
    expect(
      missing({ username: 'u', password: 'p', security_protocol: 'SASL_PLAINTEXT', sasl_mechanism: 'SCRAM-SHA-256' }),
    ).to.deep.equal([`sasl_mechanism: ${built('the SASL mechanism SCRAM-SHA-256', 'libssl-dev')}`]);
    expect(missing({ client: { 'sasl.mechanisms': 'gssapi' }, security_protocol: 'SASL_PLAINTEXT' })).to.deep.equal([
      `client sasl.mechanisms: ${built('the SASL mechanism GSSAPI', 'libsasl2-dev')}`,
    ]);
  });

  it('is nothing to one who does not ask for it', () => {
    for (const compression of ['none', 'snappy', 'lz4'] as const) expect(missing({ compression })).to.deep.equal([]);
    expect(missing({ username: 'u', password: 'p', security_protocol: 'SASL_PLAINTEXT' })).to.deep.equal([]);
  });

  it('is not said of a mechanism that the setting does not have at all', () => {
    const config = { username: 'u', password: 'p', security_protocol: 'SASL_PLAINTEXT', sasl_mechanism: 'GSSAPI' };
    expect(missing(config as never)).to.deep.equal([]);
  });

  it('is what librdkafka says of itself', () => {
    const features = new Inspection(loadNative()).features();
    expect([...features]).to.include('lz4');
    const config = { compression: 'zstd', security_protocol: 'SSL' } as const;
    const wanted = [
      ...(features.has('zstd') ? [] : ['compression']),
      ...(features.has('ssl') ? [] : ['security_protocol']),
    ];
    expect(inspectKafka(config).map(({ path }) => path[0])).to.deep.equal(wanted);
    expect(inspectKafka({ ...config, driver: 'node-rdkafka' })).to.deep.equal([]);
  });
});
