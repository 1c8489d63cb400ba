import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { embed } from '../../../src/cli/embedded-cluster.ts';
import { KafkaProducer } from '../../../src/kinds/kafka/kafka-producer.ts';
import { clientProperties } from '../../../src/kinds/kafka/properties.ts';
import type { KafkaConfig } from '../../../src/kinds/kafka/schema.ts';
import { INSPECTED, loadProducers, yamlFile } from '../config/helpers.ts';

const SECURED = `producers:
  - { type: kafka, name: scram, username: u, password: p, sasl_mechanism: SCRAM-SHA-256, ssl_cafile: certificate.pem }
  - { type: kafka, name: mutual, ssl_certfile: certificate.pem, ssl_keyfile: key.pem, ssl_check_hostname: false }
  - { type: kafka, name: kerberos, client: { sasl.mechanisms: GSSAPI, socket.max.fails: 3 } }
`;

describe('the embedded cluster', () => {
  it('is talked to without passwords and TLS, of which it knows nothing', async () => {
    const file = await yamlFile(SECURED);
    cpSync(join(import.meta.dirname, '../../fixtures/tls'), dirname(file), { recursive: true });
    const { definitions, stop } = await embed(await loadProducers(file, INSPECTED), () => true, 'a test');
    await stop();
    const found = definitions.map(({ config }) => {
      const producer = new KafkaProducer(config as never);
      return clientProperties(producer.config as KafkaConfig).properties;
    });
    expect(found.map((properties) => properties['security.protocol'])).to.deep.equal(Array(3).fill('PLAINTEXT'));
    const names = new Set(found.flatMap((properties) => Object.keys(properties)));
    expect([...names].filter((name) => /^(?:sasl|ssl)\./.test(name))).to.deep.equal([]);
    expect(found[2]).to.include({ 'socket.max.fails': '3' });
  });
});
