import {
  type CommandName,
  type CommandResult,
  commandNameSchema,
  commandObjectSchema,
} from '../../core/contract/command.js';
import type { MessageBus } from '../../core/messaging/message-bus.js';
import { type Clock, toIsoString } from '../../core/runtime/clock.js';
import { messageOf, ProblemError } from '../../core/runtime/errors.js';
import type { Service } from '../../core/runtime/lifecycle.js';
import type { Logger } from '../../core/runtime/logger.js';

/** What commands act on. Each throws `not_found` where there is no such camera. */
export interface CommandedCameras {
  snapshotNow(camera: string): Promise<string | undefined>;
  pause(camera: string): void;
  resume(camera: string): void;
}

export interface CommandsOptions {
  site: string;
  bus: MessageBus;
  cameras: CommandedCameras;
  log: Logger;
  clock: Clock;
}

/** Commands under way; one more is answered with `busy`. */
const MAX_UNDER_WAY = 16;

interface Command {
  command: string;
  id?: string | undefined;
}

/** Does what arrives on the cameras' command topics, and says what became of it. Who may send is for the broker to rule. */
export class Commands implements Service {
  readonly name = 'commands';
  #underWay = 0;
  #isListening = false;

  constructor(private readonly options: CommandsOptions) {}

  async start(): Promise<void> {
    const { bus, site } = this.options;
    this.#isListening = true;
    bus.subscribe('command', { site }, ({ names, payload, retained }) => {
      // What a broker retains is no command of now.
      if (retained || !this.#isListening) return;
      // Nothing further is read while a handler runs, and a camera may take its time.
      void this.#obey(names.camera, parse(payload));
    });
  }

  async stop(): Promise<void> {
    this.#isListening = false;
  }

  async #obey(camera: string, command: Command): Promise<void> {
    const { bus, site, log, clock } = this.options;
    const outcome = await this.#perform(camera, command);
    const result: CommandResult = { ...command, at: toIsoString(clock()), ...outcome };
    log.info({ camera, command: result.command, ok: result.ok }, 'a command over MQTT');
    await bus.publish('result', { site, camera }, result).catch((error: unknown) => {
      log.debug({ error: messageOf(error) }, 'could not publish the result of a command');
    });
  }

  async #perform(camera: string, { command }: Command) {
    const known = commandNameSchema.safeParse(command);
    if (!known.success) return failure('unknown_command', 'expected snapshot, pause or resume');
    if (this.#underWay >= MAX_UNDER_WAY)
      return failure('busy', `${MAX_UNDER_WAY} commands are under way`);
    this.#underWay++;
    try {
      return { ok: true, ...(await this.#do(camera, known.data)) };
    } catch (error) {
      if (error instanceof ProblemError) return failure(error.code, error.message);
      this.options.log.error({ camera, command, error: messageOf(error) }, 'a command failed');
      return failure('internal', 'something went wrong here');
    } finally {
      this.#underWay--;
    }
  }

  async #do(camera: string, command: CommandName) {
    const { cameras } = this.options;
    if (command === 'snapshot') return { snapshot: (await cameras.snapshotNow(camera)) ?? null };
    if (command === 'pause') cameras.pause(camera);
    else cameras.resume(camera);
    return {};
  }
}

const failure = (code: string, detail: string) => ({ ok: false, error: { code, detail } });

/** A word, or an object with a command in it; whatever else it is comes back as a command that there is not. */
function parse(text: string): Command {
  const word = { command: text.trim().slice(0, 64) };
  if (!word.command.startsWith('{')) return word;
  try {
    const { command, id } = commandObjectSchema.parse(JSON.parse(text));
    return { command, ...(id !== undefined && { id }) };
  } catch {
    return word;
  }
}
