/** docs/migrating.md, whole: each row's example is loaded, and librdkafka is asked for the value that comes of it. */

import { cpSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { expect } from 'chai';
import { missingFeatures } from '../../../../src/kinds/kafka/config-check/features.ts';
import { Inspection } from '../../../../src/kinds/kafka/librdkafka/inspect/inspection.ts';
import { loadNative } from '../../../../src/kinds/kafka/librdkafka/native/load.ts';
import { clientProperties } from '../../../../src/kinds/kafka/properties.ts';
import type { KafkaConfig } from '../../../../src/kinds/kafka/schema.ts';
import { loadConfig } from '../../../../src/runtime.ts';
import { loadProducers, OPTIONS, problems, yamlFile } from '../../config/helpers.ts';

/** The parameters of `AIOKafkaProducer.__init__`, in its order; `send_backoff_ms` is of older versions. */
const ARGUMENTS =
  'loop bootstrap_servers client_id metadata_max_age_ms request_timeout_ms api_version acks key_serializer value_serializer ' +
  'compression_type max_batch_size partitioner max_request_size linger_ms send_backoff_ms retry_backoff_ms security_protocol ' +
  'ssl_context connections_max_idle_ms enable_idempotence transactional_id transaction_timeout_ms sasl_mechanism ' +
  'sasl_plain_password sasl_plain_username sasl_kerberos_service_name sasl_kerberos_domain_name sasl_oauth_token_provider';

interface Row {
  readonly argument: string;
  readonly yaml: string | undefined;
  readonly expected: Readonly<Record<string, string>>;
  readonly note: string;
}

function rows(): Row[] {
  const text = readFileSync(new URL('../../../../docs/migrating.md', import.meta.url), 'utf8');
  const [, table = ''] = /<!-- aiokafka -->([\s\S]*?)<!-- \/aiokafka -->/.exec(text) ?? [];
  return [...table.matchAll(/^\| `(\w+)` \| (.+?) \| (.+?) \| (.*?) ?\|$/gm)].map(
    ([, argument = '', yaml = '', expected = '', note = '']) => ({
      argument,
      yaml: /^`(.*)`$/.exec(yaml)?.[1],
      expected: Object.fromEntries(
        Array.from(expected.matchAll(/`([\w.]+)` = `(.+?)`/g), ([, name, value]) => [name, value]),
      ),
      note,
    }),
  );
}

/** A path, by its last part: which folder the example lies in differs from run to run. */
const shortened = (value: string | undefined) => (value?.startsWith('/') ? basename(value) : value);

describe('from aiokafka: docs/migrating.md', () => {
  const inspection = new Inspection(loadNative());

  it('has every argument of AIOKafkaProducer', () => {
    expect(rows().map(({ argument }) => argument)).to.deep.equal(ARGUMENTS.split(' '));
  });

  for (const { argument, yaml, expected, note } of rows())
    it(yaml === undefined ? `${argument} has no setting, and why` : `${argument}: ${yaml}`, async () => {
      if (yaml === undefined) return void expect([expected, note.length > 10]).to.deep.equal([{}, true]);
      const file = await yamlFile(`producers: [{ type: kafka, name: a, ${yaml} }]`);
      cpSync(new URL('../../../fixtures/tls', import.meta.url), dirname(file), { recursive: true });
      const [producer] = await loadProducers(file, OPTIONS);
      const { properties, topicProperties } = clientProperties(producer?.config as KafkaConfig);
      const all = { ...properties, ...topicProperties };
      const names = Object.keys(expected);
      expect(names).not.to.have.length(0);

      const missing = missingFeatures(producer?.config as KafkaConfig, inspection.features());
      if (missing.length > 0) {
        const lines = await problems(loadConfig(file));
        expect(lines.join('\n')).to.contain(missing[0]?.message);
        expect(names.map((name) => shortened(all[name])?.toLowerCase())).to.deep.equal(
          Object.values(expected).map((value) => value.toLowerCase()),
        );
      } else {
        expect(await problems(loadConfig(file))).to.deep.equal([]);
        expect(inspection.effective(all, names).map(shortened)).to.deep.equal(Object.values(expected));
      }
    });
});
