import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseBrokerUrl } from '../../core/messaging/broker-url.js';
import { MqttConnection } from '../../core/messaging/mqtt-connection.js';
import { messageOf } from '../../core/runtime/errors.js';

const CONTROL = '$CONTROL/dynamic-security/v1';
const RESPONSE = `${CONTROL}/response`;
const DEADLINE_MS = 5_000;

/** A command of the plugin with its parameters. */
export interface ControlCommand {
  command: string;
  [parameter: string]: unknown;
}

const commandResponseSchema = z.object({
  command: z.string().optional(),
  error: z.string().optional(),
  data: z.unknown().optional(),
  correlationData: z.string().optional(),
});
const responseSchema = z.object({ responses: z.array(commandResponseSchema) });
export type ControlResponse = z.infer<typeof commandResponseSchema>;

/** The broker did not respond; it is not known what it did. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

export interface ControlAccess {
  url: string;
  username: string;
  password: string;
  /** Certificate authorities to trust instead of the system's, as PEM. */
  ca?: string | undefined;
  /** SHA-256 of the broker's certificate, instead of authorities that are trusted. */
  fingerprint?: string | undefined;
}

/** Sends commands, and resolves with a response to each. Throws ControlError. */
export type SendCommands = (commands: ControlCommand[]) => Promise<ControlResponse[]>;

/**
 * Mosquitto's dynamic-security plugin, which stores accounts and their permissions, through its control topic
 * (https://mosquitto.org/documentation/dynamic-security/). The administrator's connection is open only
 * during a session.
 */
export class DynamicSecurity {
  constructor(
    private readonly access: ControlAccess,
    private readonly deadlineMs = DEADLINE_MS,
  ) {}

  /** Opens a connection while `work` runs, until the deadline at most. Throws ControlError. */
  async session<T>(work: (send: SendCommands) => Promise<T>): Promise<T> {
    const pending = new Map<string, (responses: ControlResponse[]) => void>();
    const connection = this.#connect((payload) => deliver(payload, pending));
    let deadline: NodeJS.Timeout | undefined;
    const failed = Promise.race([
      connection.ended.then((why) => why ?? new Error('the connection was closed')),
      new Promise<Error>((resolve) => {
        deadline = setTimeout(
          () => resolve(new Error(`no response in ${this.deadlineMs} ms`)),
          this.deadlineMs,
        );
      }),
    ]).then((why) => {
      throw new ControlError(`cannot reach the broker: ${messageOf(why)}`, { cause: why });
    });
    try {
      return await Promise.race([failed, runSession(connection, pending, work)]);
    } finally {
      clearTimeout(deadline);
      failed.catch(() => undefined);
      await connection.close(1_000);
    }
  }

  #connect(onResponse: (payload: Buffer) => void): MqttConnection {
    const { url, username, password, ca, fingerprint } = this.access;
    return MqttConnection.open({
      address: parseBrokerUrl(url),
      clientId: `relay-control-${randomBytes(6).toString('hex')}`,
      username,
      password,
      ca,
      fingerprint,
      protocolVersion: 5,
      receiveMaximum: undefined,
      keepaliveSeconds: 30,
      connectTimeoutMs: this.deadlineMs,
      onMessage: ({ topic, payload }) => {
        if (topic === RESPONSE) onResponse(payload);
        return { handled: undefined, readOn: undefined };
      },
    });
  }
}

async function runSession<T>(
  connection: MqttConnection,
  pending: Map<string, (responses: ControlResponse[]) => void>,
  work: (send: SendCommands) => Promise<T>,
): Promise<T> {
  await connection.opened;
  const refused = await orControlError(connection.subscribe({ [RESPONSE]: { qos: 1 } }));
  if (refused.length > 0)
    throw new ControlError("no access to the broker's control topic: the subscription is refused");
  return work(async (commands) => {
    const id = randomBytes(6).toString('hex');
    const responses = new Promise<ControlResponse[]>((resolve) => pending.set(id, resolve));
    const payload = JSON.stringify({
      commands: commands.map((command) => ({ ...command, correlationData: id })),
    });
    await orControlError(connection.publish({ topic: CONTROL, payload, qos: 1, retain: false }));
    return responses;
  });
}

/** Matches a response to its request: the broker may send those of other administrators too. */
function deliver(
  payload: Buffer,
  pending: Map<string, (responses: ControlResponse[]) => void>,
): void {
  const response = responseSchema.safeParse(parsed(payload));
  const [first] = response.data?.responses ?? [];
  const resolve = first?.correlationData && pending.get(first.correlationData);
  if (resolve) resolve(response.data?.responses ?? []);
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}

const orControlError = <T>(sent: Promise<T>): Promise<T> =>
  sent.catch((cause: unknown) => {
    throw new ControlError(`no access to the broker's control topic: ${messageOf(cause)}`, {
      cause,
    });
  });
