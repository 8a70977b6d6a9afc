import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { parseBrokerUrl } from '../../core/messaging/broker-url.js';
import { MqttConnection } from '../../core/messaging/mqtt-connection.js';
import { messageOf } from '../../core/runtime/errors.js';

const CONTROL = '$CONTROL/dynamic-security/v1';
const RESPONSE = `${CONTROL}/response`;
const DEADLINE_MS = 5_000;

/** A command of the plugin, by its name, with what belongs to it. */
export interface ControlCommand {
  command: string;
  [parameter: string]: unknown;
}

const answerSchema = z.object({
  command: z.string().optional(),
  error: z.string().optional(),
  data: z.unknown().optional(),
  correlationData: z.string().optional(),
});
const responseSchema = z.object({ responses: z.array(answerSchema) });
export type ControlAnswer = z.infer<typeof answerSchema>;

/** The broker could not be asked; nothing is known of what it did. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

export interface ControlAccess {
  url: string;
  username: string;
  password: string;
  /** Certificate authorities to trust in place of the system's, as PEM. */
  ca?: string | undefined;
}

/** Sends commands, and resolves with an answer to each. Throws ControlError. */
export type Ask = (commands: ControlCommand[]) => Promise<ControlAnswer[]>;

/**
 * Mosquitto's dynamic-security plugin, which keeps accounts and what they may do, through its control topic
 * (https://mosquitto.org/documentation/dynamic-security/). Its administrator's connection is open only while there is
 * something to say.
 */
export class DynamicSecurity {
  constructor(
    private readonly access: ControlAccess,
    private readonly deadlineMs = DEADLINE_MS,
  ) {}

  /** Opens a connection for as long as `work` takes, but no longer than the deadline. Throws ControlError. */
  async session<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
    const waiting = new Map<string, (answers: ControlAnswer[]) => void>();
    const connection = this.#connect((payload) => deliver(payload, waiting));
    let late: NodeJS.Timeout | undefined;
    const failed = Promise.race([
      connection.ended.then((why) => why ?? new Error('the connection ended')),
      new Promise<Error>((resolve) => {
        late = setTimeout(
          () => resolve(new Error(`no answer in ${this.deadlineMs} ms`)),
          this.deadlineMs,
        );
      }),
    ]).then((why) => {
      throw new ControlError(`the broker cannot be asked: ${messageOf(why)}`, { cause: why });
    });
    try {
      return await Promise.race([failed, converse(connection, waiting, work)]);
    } finally {
      clearTimeout(late);
      failed.catch(() => undefined);
      await connection.close(1_000);
    }
  }

  #connect(onResponse: (payload: Buffer) => void): MqttConnection {
    const { url, username, password, ca } = this.access;
    return MqttConnection.open({
      address: parseBrokerUrl(url),
      clientId: `relay-control-${randomBytes(6).toString('hex')}`,
      username,
      password,
      ca,
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

async function converse<T>(
  connection: MqttConnection,
  waiting: Map<string, (answers: ControlAnswer[]) => void>,
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  await connection.opened;
  await unlessRefused(connection.subscribe({ [RESPONSE]: { qos: 1 } }));
  return work(async (commands) => {
    const id = randomBytes(6).toString('hex');
    const answered = new Promise<ControlAnswer[]>((resolve) => waiting.set(id, resolve));
    const payload = JSON.stringify({
      commands: commands.map((command) => ({ ...command, correlationData: id })),
    });
    await unlessRefused(connection.publish({ topic: CONTROL, payload, qos: 1, retain: false }));
    return answered;
  });
}

/** A response belongs to whoever asked; the broker may send others' to all its administrators. */
function deliver(payload: Buffer, waiting: Map<string, (answers: ControlAnswer[]) => void>): void {
  const response = responseSchema.safeParse(parsed(payload));
  const [first] = response.data?.responses ?? [];
  const resolve = first?.correlationData && waiting.get(first.correlationData);
  if (resolve) resolve(response.data?.responses ?? []);
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
}

const unlessRefused = (sent: Promise<void>): Promise<void> =>
  sent.catch((cause: unknown) => {
    throw new ControlError(`the broker's control topic is closed: ${messageOf(cause)}`, { cause });
  });
