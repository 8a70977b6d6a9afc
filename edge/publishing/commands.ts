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

/** The cameras that commands control. Each method throws `not_found` for an unknown camera. */
export interface CommandedCameras {
  snapshotNow(camera: string): Promise<string | undefined>;
  pause(camera: string): void;
  resume(camera: string): void;
}

export interface CommandsOptions {
  site: string;
  bus: MessageBus;
  cameras: CommandedCameras;
  /** Called after a command that succeeded. */
  onDone?(camera: string, command: CommandName): void;
  log: Logger;
  clock: Clock;
}

/** Commands that run at a time; the result of a further one is `busy`. */
const MAX_RUNNING = 16;

interface Command {
  command: string;
  id?: string | undefined;
}

/** Executes commands from the cameras' command topics and publishes the results. The broker decides who may send them. */
export class Commands implements Service {
  readonly name = 'commands';
  #running = 0;
  #isListening = false;

  constructor(private readonly options: CommandsOptions) {}

  async start(): Promise<void> {
    const { bus, site } = this.options;
    this.#isListening = true;
    bus.subscribe('command', { site }, ({ names, payload, retained }) => {
      // Retained commands are ignored.
      if (retained || !this.#isListening) return;
      // Does not wait: no further message is read while a handler runs, and a camera may be slow.
      void this.#handle(names.camera, parse(payload));
    });
  }

  async stop(): Promise<void> {
    this.#isListening = false;
  }

  async #handle(camera: string, command: Command): Promise<void> {
    const { bus, site, log, clock } = this.options;
    const outcome = await this.#execute(camera, command);
    const result: CommandResult = { ...command, at: toIsoString(clock()), ...outcome };
    log.info({ camera, command: result.command, ok: result.ok }, 'MQTT command handled');
    await bus.publish('result', { site, camera }, result).catch((error: unknown) => {
      log.debug({ error: messageOf(error) }, 'command result not published');
    });
  }

  async #execute(camera: string, { command }: Command) {
    const known = commandNameSchema.safeParse(command);
    if (!known.success) return failure('unknown_command', 'expected snapshot, pause or resume');
    if (this.#running >= MAX_RUNNING) return failure('busy', `${MAX_RUNNING} commands are running`);
    this.#running++;
    try {
      const result = await this.#run(camera, known.data);
      this.options.onDone?.(camera, known.data);
      return { ok: true, ...result };
    } catch (error) {
      if (error instanceof ProblemError) return failure(error.code, error.message);
      this.options.log.error({ camera, command, error: messageOf(error) }, 'MQTT command failed');
      return failure('internal', 'A bug in Siteglass; see the log.');
    } finally {
      this.#running--;
    }
  }

  async #run(camera: string, command: CommandName) {
    const { cameras } = this.options;
    if (command === 'snapshot') return { snapshot: (await cameras.snapshotNow(camera)) ?? null };
    if (command === 'pause') cameras.pause(camera);
    else cameras.resume(camera);
    return {};
  }
}

const failure = (code: string, detail: string) => ({ ok: false, error: { code, detail } });

/** Parses a word, or an object with a command. Other text becomes an unknown command, which the result repeats. */
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
