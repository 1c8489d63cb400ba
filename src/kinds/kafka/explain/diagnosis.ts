/**
 * Turns librdkafka's text about a failed connection into a diagnosis that names the layer and the setting at fault. Some texts
 * leave several causes open (any certificate that does not verify, a connection that was just closed). They give no diagnosis,
 * and a probe of the server decides (explain.ts).
 */

/** The problem, and what to do about it. `setting` is the one in YAML to check first. */
export interface Diagnosis {
  readonly layer: 'dns' | 'tcp' | 'tls' | 'metadata' | 'sasl';
  readonly problem: string;
  readonly advice: string;
  readonly setting?: string;
}

/** One line of librdkafka about one broker, taken apart. */
export interface Said {
  /** `host:port`. */
  readonly server: string;
  readonly text: string;
  /** librdkafka's name of the state that the connection was in. */
  readonly state: string | undefined;
}

const PREFIX = /^(?:FAIL )?(?:\[thrd:[^ ]*\]: )?(?:\w+:\/\/)?([^ ]+:\d+)\/(?:bootstrap|-?\d+): /;
const STATE = /(?:: | )?\(after -?\d+ms in state (\w+).*?\)$/;

/** Takes an error event or a log line apart; undefined for a line about no connection. */
export function said(line: string): Said | undefined {
  const prefix = PREFIX.exec(line);
  if (prefix === null) return undefined;
  const rest = line.slice(prefix[0].length);
  return { server: prefix[1] as string, text: rest.replace(STATE, ''), state: STATE.exec(rest)?.[1] };
}

/** The `host:port` to which a log line reports that the connection was lost. */
export const lostServer = (line: string): string | undefined =>
  line.startsWith('FAIL ') ? said(line)?.server : undefined;

type Row = readonly [pattern: RegExp, diagnose: (said: Said, match: RegExpExecArray) => Diagnosis | undefined];

/** librdkafka's texts and their diagnoses. The first row that matches counts. */
const ROWS: readonly Row[] = [
  [/^Failed to resolve '[^']*': (.*)$/, ({ server }, [, why]) => unresolvable(server, why as string)],
  [/^Connect to \S+ failed: (.*)$/, ({ server }, [, why]) => unreachable(server, why as string)],
  [/^Connection setup timed out in state (\w+)$/, ({ server }, [, state]) => timedOut(server, state as string)],
  [
    /^SASL (\S+) mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms: (.*)$/,
    ({ server }, [, mechanism, offered]) => wrongMechanism(server, mechanism as string, offered as string),
  ],
  [
    /^SASL \S+ mechanism handshake failed: |SASL Handshake not supported by broker/,
    ({ server }) => saslUnwanted(server),
  ],
  [/^SASL authentication error: |check client \S+ credentials/, ({ server }) => wrongPassword(server)],
  // UP means that the server is Kafka and has sent its versions. It then disconnects clients that have not authenticated.
  [/^Disconnected/, ({ server, state }) => (state === 'UP' ? saslWanted(server) : undefined)],
];

/** The cause, where the text leaves no doubt. */
export function diagnose(line: string): Diagnosis | undefined {
  const heard = said(line);
  if (heard === undefined) return undefined;
  for (const [pattern, row] of ROWS) {
    const match = pattern.exec(heard.text);
    if (match !== null) return row(heard, match);
  }
  return undefined;
}

export const unresolvable = (server: string, why: string): Diagnosis => ({
  layer: 'dns',
  problem: `the host of ${server} does not resolve (${why})`,
  advice: "check the name in 'bootstrap_servers', and the name service of this machine",
  setting: 'bootstrap_servers',
});

export const unreachable = (server: string, why: string): Diagnosis => ({
  layer: 'tcp',
  problem: /refused/i.test(why)
    ? `nothing listens at ${server} (connection refused)`
    : `${server} cannot be reached (${why})`,
  advice: /refused/i.test(why)
    ? "check the port in 'bootstrap_servers', and whether the broker runs"
    : "check 'bootstrap_servers', and what lies between here and there (firewall, VPN, security group)",
  setting: 'bootstrap_servers',
});

/** Connecting has three parts that a server can leave without an answer. */
function timedOut(server: string, state: string): Diagnosis {
  if (state === 'CONNECT') return unreachable(server, 'no answer');
  return silent(server, state === 'SSL_HANDSHAKE' ? 'tls' : 'metadata');
}

export const silent = (server: string, layer: 'tls' | 'metadata'): Diagnosis => ({
  layer,
  problem: `${server} accepts connections and never answers`,
  advice: "check that 'bootstrap_servers' names a port of a Kafka broker, and that the broker is not stuck",
  setting: 'bootstrap_servers',
});

export const unheard = (server: string): Diagnosis => ({
  layer: 'dns',
  problem: `nothing was heard of ${server} in time: its host does not resolve, or does not answer`,
  advice: "check the name in 'bootstrap_servers', and the name service of this machine",
  setting: 'bootstrap_servers',
});

const wrongMechanism = (server: string, mechanism: string, offered: string): Diagnosis => ({
  layer: 'sasl',
  problem: `${server} does not accept the SASL mechanism ${mechanism}; it offers ${offered || 'none'}`,
  advice: "set 'sasl_mechanism' to one that it offers",
  setting: 'sasl_mechanism',
});

const wrongPassword = (server: string): Diagnosis => ({
  layer: 'sasl',
  problem: `${server} refuses the user name or the password`,
  advice: "check 'username' and 'password', and that the broker knows this user for this 'sasl_mechanism'",
  setting: 'password',
});

const saslUnwanted = (server: string): Diagnosis => ({
  layer: 'sasl',
  problem: `${server} takes no user name and password: this listener has no SASL`,
  advice: "connect to a listener with SASL, or leave 'username' and 'password' out",
  setting: 'security_protocol',
});

const saslWanted = (server: string): Diagnosis => ({
  layer: 'sasl',
  problem: `${server} closes the connection at the first request, as a listener with SASL does`,
  advice: "set 'username' and 'password' (and 'security_protocol'), or connect to a listener without SASL",
  setting: 'security_protocol',
});

export const wantsCertificate = (server: string, given = false): Diagnosis => ({
  layer: 'tls',
  problem: `${server} ${given ? 'refuses the certificate of this client' : 'wants a certificate of this client'}`,
  advice: given
    ? "check that the broker trusts the authority that signed 'ssl_certfile', and that it has not expired"
    : "set 'ssl_certfile' and 'ssl_keyfile' to a certificate that the broker trusts, and its key",
  setting: 'ssl_certfile',
});

/**
 * Whether a line is worth no warning. Then it precedes the reports of the topic's messages, which contain the reason. Or a
 * broker that has just started is asked again. Or a transaction has failed, which the delivery loop reports with its reason.
 */
export const saysLess = (line: string): boolean => LESSER.some((pattern) => pattern.test(line));

const LESSER = [
  /^(?:TXNERR|ADDPARTS|ADDOFFSETS|FATAL) /,
  / partition count changed from \d+ to 0$/,
  /^METADATAUPDATE .*: not found in cache$/,
  /Failed to acquire \w+ PID from broker (?!.*authorization failed).*: retrying$/,
];

const NO_PRODUCER_ID = /Failed to acquire \w+ PID from broker .*authorization failed/;

/** A line of librdkafka's log, replaced by plain words where it does not tell what to do. */
export const plainly = (line: string): string =>
  NO_PRODUCER_ID.test(line)
    ? `no permission to write (the broker refuses a producer id): have WRITE on the topic, and on 'transactional_id' where there is one, granted to the user (${line})`
    : line;

export const diagnosisText = ({ problem, advice }: Diagnosis): string => `${problem}: ${advice}`;
