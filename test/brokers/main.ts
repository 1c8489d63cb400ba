/**
 * Apache Kafka brokers for the tests:
 *
 *     npm run brokers -- up|down|status [single|cluster]
 */

import { BrokersError } from './java.ts';
import { SHAPES, type Shape } from './places.ts';
import { pidOf } from './processes.ts';
import { brokers, isUp } from './state.ts';
import { down, up } from './up-down.ts';

const COMMANDS: Readonly<Record<string, (shape: Shape) => Promise<string>>> = {
  up: async (shape) => `${await up(shape)}\n${describe(shape)}`,
  down: async (shape) => {
    await down(shape);
    return 'down';
  },
  status: async (shape) => (isUp(shape) ? `up\n${describe(shape)}` : 'down'),
};

function describe(shape: Shape): string {
  const { kafkaVersion, brokers: processes, bootstrapServers } = brokers(shape);
  const running = processes.map((broker) => `broker ${broker.id} (${pidOf(broker) ?? 'has ended'})`);
  const listeners = Object.entries(bootstrapServers).filter(([name]) => name !== 'controller');
  const lines = [`Apache Kafka ${kafkaVersion}, ${running.join(', ')}`, ...listeners.map((pair) => pair.join(' '))];
  return lines.map((line) => `  ${line}`).join('\n');
}

async function main([command = '', ...names]: readonly string[]): Promise<void> {
  const work = COMMANDS[command];
  const unknown = names.find((name) => !SHAPES.some((shape) => shape === name));
  if (!work || unknown !== undefined)
    throw new BrokersError(`usage: npm run brokers -- ${Object.keys(COMMANDS).join('|')} [${SHAPES.join('|')}]`);
  for (const shape of SHAPES) {
    if (names.length === 0 || names.includes(shape)) console.log(`${shape}: ${await work(shape)}`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BrokersError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
