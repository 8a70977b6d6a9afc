import { setTimeout as delay } from 'node:timers/promises';
import { type BrokerAddress, parseBrokerUrl } from '../messaging/broker-url.js';
import { MqttConnection } from '../messaging/mqtt-connection.js';
import { WRONG_CERTIFICATE } from '../messaging/pinned-stream.js';
import { readSecret, readTextFile, type SecretSource } from '../runtime/configuration.js';
import { messageOf } from '../runtime/errors.js';
import { failure, ok, type Verdict, warning } from './finding.js';
import { secretFault } from './secret-fault.js';

export interface BrokerAccess {
  url: string;
  username?: string | undefined;
  password?: SecretSource | undefined;
  caFile?: string | undefined;
  fingerprint?: string | undefined;
  /** A second connection with the same id ends the first. */
  clientId: string;
  protocolVersion?: 4 | 5;
  /** Topic filters that the account must be allowed to subscribe to. */
  filters?: string[];
  /** Whether the broker may reject the client id although the account is valid. */
  isGuest?: boolean;
}

const TIMEOUT_MS = 8_000;

const ANONYMOUS = 'anonymous clients';

/** CONNACK codes of MQTT 3.1.1 and 5: bad user name or password; not authorised. */
const BAD_CREDENTIALS = [4, 134];
const NOT_AUTHORISED = [5, 135];

/** Connects once, as the service does, and disconnects; publishes nothing. */
export async function tryBroker(access: BrokerAccess): Promise<Verdict> {
  const { password, caFile } = access;
  const fault = secretFault(password);
  if (fault) return fault;
  const address = parseBrokerUrl(access.url);
  const connection = MqttConnection.open({
    address,
    clientId: access.clientId,
    username: access.username,
    password: password && readSecret(password),
    ca: caFile && readTextFile(caFile),
    fingerprint: access.fingerprint,
    protocolVersion: access.protocolVersion ?? 4,
    receiveMaximum: undefined,
    keepaliveSeconds: 30,
    connectTimeoutMs: TIMEOUT_MS,
    onMessage: () => ({ handled: undefined, readOn: undefined }),
  });
  const done = new AbortController();
  const timeout = delay(TIMEOUT_MS + 1_000, undefined, { signal: done.signal }).catch(
    () => undefined,
  );
  try {
    const outcome = await Promise.race([
      connection.opened.then(() => 'opened' as const),
      connection.ended,
      timeout.then(() => new Error('no response in time')),
    ]);
    if (outcome !== 'opened') return failureOf(address, access, outcome);
    const refused = await Promise.race([refusedFilters(connection, access.filters ?? []), timeout]);
    return verdictOf(address, access, refused);
  } catch (error) {
    return failureOf(address, access, error as Error);
  } finally {
    done.abort();
    await connection.close(1_000);
  }
}

async function refusedFilters(connection: MqttConnection, filters: string[]): Promise<string[]> {
  if (filters.length === 0) return [];
  const wanted = Object.fromEntries(filters.map((filter) => [filter, { qos: 1 as const }]));
  return (await connection.subscribe(wanted)).map(({ filter }) => filter);
}

/** `refused` is undefined if the broker did not answer. */
function verdictOf(
  { label }: BrokerAddress,
  { username }: BrokerAccess,
  refused: string[] | undefined,
): Verdict {
  if (!refused)
    return failure(
      `${label} accepts ${username ?? ANONYMOUS}, but does not answer a subscription`,
      'Check the log of the broker. It has to speak MQTT 3.1.1.',
    );
  if (refused.length > 0)
    return failure(
      `${label} does not allow ${username ?? ANONYMOUS} to subscribe to ${refused.join(', ')}`,
      'Grant the account access to the topics in docs/mqtt.md.',
    );
  return ok(`${label} accepts ${username ?? ANONYMOUS}`);
}

function failureOf(
  { label, host, port }: BrokerAddress,
  { username, isGuest }: BrokerAccess,
  error: Error | undefined,
): Verdict {
  const code = (error as { code?: unknown } | undefined)?.code;
  const isRefusal = [...BAD_CREDENTIALS, ...NOT_AUTHORISED].includes(code as number);
  if (isGuest && NOT_AUTHORISED.includes(code as number))
    return warning(
      `${label} responds, but accepts no second client of ${username ?? ANONYMOUS}; whether it accepts the service is unknown`,
      'Stop the service and run the doctor again, or check `connected` in GET /api/v1/sync.',
    );
  if (isRefusal)
    return failure(
      `${label} rejects the credentials of ${username ?? `${ANONYMOUS} (no user name is set)`}`,
      'Correct the user name and password. A relay creates an account with POST /api/v1/sites.',
    );
  const reason =
    typeof code === 'string' ? code : error ? messageOf(error) : 'it closed the connection';
  if (code === WRONG_CERTIFICATE)
    return failure(
      `${label}: ${messageOf(error)}`,
      'Compare the fingerprint with what the broker shows ("siteglass-relay certificate"), and correct `fingerprint` only if they are the same.',
    );
  if (/CERT|TLS|SSL|SIGNATURE/i.test(reason))
    return failure(
      `${label} has a certificate that is not trusted (${reason})`,
      'Set caFile to the certificate of its authority, or fingerprint to its SHA-256, and check the clock of this machine: timedatectl',
    );
  return failure(
    `${label} does not respond (${reason})`,
    `Check the address, that the broker runs, and that no firewall blocks it: nc -vz ${host} ${port}`,
  );
}
