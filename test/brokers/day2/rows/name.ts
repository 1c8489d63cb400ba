/** A broker that keeps its name and gets another address. */

import { NamedHost } from '../../../support/named-host.ts';
import { type Broker, type ClusterKafka, kill, restart } from '../../index.ts';
import { asWriter } from '../access.ts';
import { bounce, configure, electPreferred, ledBy, seconds } from '../acts.ts';
import { javaWriter } from '../java-properties.ts';
import type { Row } from '../row.ts';

const [OLD, NEW] = ['127.0.0.1', '127.0.0.2'];
const NAME = 'broker.outspool.test';

let host: NamedHost | undefined;

const victimOf = ({ brokers }: ClusterKafka) => brokers[2] as Broker;

/** The listener with users: brokers and the consumer use the other one. */
const listening = (from: string, to: string) => (settings: string) =>
  settings.replace(/^listeners=.*$/m, (line) => line.replace(`SASLPLAINTEXT://${from}:`, `SASLPLAINTEXT://${to}:`));

const advertised = (from: string, to: string) => (settings: string) =>
  settings.replace(/^advertised\.listeners=.*$/m, (line) =>
    line.replace(`SASLPLAINTEXT://${from}:`, `SASLPLAINTEXT://${to}:`),
  );

const moved: Row = {
  name: 'a broker that has a name comes back at another address',
  needsJava: true,
  setUp: async (kafka) => {
    const victim = victimOf(kafka);
    host = new NamedHost(NAME, OLD);
    configure(victim, advertised(OLD, NAME));
    await bounce(victim, 0);
    return host.env;
  },
  settings: (kafka) => ({ config: asWriter(kafka), java: javaWriter(kafka) }),
  event: async (world) => {
    const { kafka, first, second } = world;
    const victim = victimOf(kafka);
    const affected = await ledBy(kafka, [...first, ...second], victim);
    await kill(victim);
    host?.moveTo(NEW);
    configure(victim, listening(OLD, NEW));
    await restart(victim);
    await electPreferred(world);
    await seconds(15);
    return affected;
  },
  tearDown: async (kafka) => {
    const victim = victimOf(kafka);
    configure(victim, (settings) => advertised(NAME, OLD)(listening(NEW, OLD)(settings)));
    await bounce(victim, 0);
  },
};

export const NAMES: readonly Row[] = [moved];
