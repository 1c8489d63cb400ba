/** RabbitMQ as Debian's package installs it, and what keeps a node of ours apart from every other one. */

import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const LIBRARY = '/usr/lib/rabbitmq/lib';
const LOOPBACK = '-kernel inet_dist_use_interface {127,0,0,1}';
const CTL_MS = 60_000;

/** The folder of the scripts themselves: those in /usr/sbin change the user and the folder. */
export function scripts(): string {
  try {
    const [version] = readdirSync(LIBRARY).filter((name) => name.startsWith('rabbitmq_server-'));
    if (version !== undefined) return join(LIBRARY, version, 'sbin');
  } catch {
    // said below
  }
  throw new Error(`RabbitMQ is missing in ${LIBRARY}: install the package rabbitmq-server`);
}

export interface Place {
  readonly directory: string;
  readonly epmdPort: number;
  readonly distributionPort: number;
}

/** Name, folders and ports of its own, on the loopback interface; nothing of the machine's configuration is read. */
export function environment({ directory, epmdPort, distributionPort }: Place): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: directory, // of the Erlang cookie
    RABBITMQ_NODENAME: 'outspool@localhost',
    RABBITMQ_MNESIA_BASE: join(directory, 'data'),
    RABBITMQ_LOG_BASE: join(directory, 'log'),
    RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_PID_FILE: join(directory, 'pid'),
    RABBITMQ_DIST_PORT: String(distributionPort),
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `${LOOPBACK} -start_epmd false`,
    RABBITMQ_CTL_ERL_ARGS: LOOPBACK,
  };
}

/** Tells the node something, by `rabbitmqctl`. */
export async function control(place: Place, args: readonly string[]): Promise<void> {
  await promisify(execFile)(join(scripts(), 'rabbitmqctl'), ['-q', ...args], {
    env: environment(place),
    timeout: CTL_MS,
  });
}
