import { setTimeout as delay } from 'node:timers/promises';
import { parseBrokerUrl } from '../messaging/broker-url.js';
import { MqttConnection } from '../messaging/mqtt-connection.js';
import { readSecret, readTextFile, type SecretSource } from '../runtime/configuration.js';
import { messageOf } from '../runtime/errors.js';
import { failure, ok, type Verdict, warning } from './finding.js';
import { secretFault } from './secret-fault.js';

export interface BrokerAccess {
  url: string;
  username?: string | undefined;
  password?: SecretSource | undefined;
  caFile?: string | undefined;
  /** A second connection with the same one ends the first. */
  clientId: string;
  protocolVersion?: 4 | 5;
  /** What has to be granted, if anything. */
  filter?: string;
  /** Whether the broker may turn the client's id down although the account is good. */
  isGuest?: boolean;
}

const PATIENCE_MS = 8_000;

/** Of CONNACK in MQTT 3.1.1 and 5: the user name or password is bad; the client is not authorised. */
const BAD_CREDENTIALS = [4, 134];
const NOT_AUTHORISED = [5, 135];

/** Connects once, as the service does, and takes leave; publishes nothing. */
export async function tryBroker(access: BrokerAccess): Promise<Verdict> {
  const { password, caFile } = access;
  const fault = secretFault(password);
  if (fault) return fault;
  const address = parseBrokerUrl(access.url);
  const connection = new MqttConnection({
    address,
    clientId: access.clientId,
    username: access.username,
    password: password && readSecret(password),
    ca: caFile && readTextFile(caFile),
    protocolVersion: access.protocolVersion ?? 4,
    receiveMaximum: undefined,
    keepaliveSeconds: 30,
    connectTimeoutMs: PATIENCE_MS,
    onMessage: () => ({ handled: undefined, readOn: undefined }),
  });
  const done = new AbortController();
  const late = delay(PATIENCE_MS + 1_000, new Error('no answer in time'), { signal: done.signal });
  try {
    const how = await Promise.race([
      connection.opened.then(() => 'opened' as const),
      connection.ended,
      late.catch(() => undefined),
    ]);
    if (how !== 'opened') return refused(address.label, access, how);
    if (access.filter) await connection.subscribe({ [access.filter]: { qos: 1 } });
    return ok(`${address.label} accepts ${access.username ?? 'anybody'}`);
  } catch (error) {
    return failure(
      `${address.label} does not let ${access.username ?? 'us'} subscribe to ${access.filter}: ${messageOf(error)}`,
      'Give the account these topics (docs/mqtt.md).',
    );
  } finally {
    done.abort();
    await connection.close(1_000);
  }
}

function refused(
  label: string,
  { username, isGuest }: BrokerAccess,
  error: Error | undefined,
): Verdict {
  const code = (error as { code?: unknown } | undefined)?.code;
  const isRefusal = [...BAD_CREDENTIALS, ...NOT_AUTHORISED].includes(code as number);
  if (isGuest && NOT_AUTHORISED.includes(code as number))
    return warning(
      `${label} answers, and takes no second client of ${username ?? 'anybody'}: whether it accepts the service is not told`,
      'Look for `connected to the broker` in the log, or run this while the service is stopped.',
    );
  if (isRefusal)
    return failure(
      `${label} refuses the credentials of ${username ?? 'anybody (no user name is set)'}`,
      'Correct the user name and password; a relay makes one with POST /api/v1/sites.',
    );
  const why =
    typeof code === 'string' ? code : error ? messageOf(error) : 'it ended the connection';
  if (/CERT|TLS|SSL|SIGNATURE/i.test(why))
    return failure(
      `${label} has a certificate that is not accepted (${why})`,
      'Name its authority with caFile, or correct this machine’s clock.',
    );
  return failure(
    `${label} does not answer (${why})`,
    'Does it run, is it the right address, and do firewalls let this machine through?',
  );
}
