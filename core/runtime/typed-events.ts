import { messageOf } from './errors.js';
import type { Logger } from './logger.js';

type Listener<T> = (payload: T) => void;

/**
 * An event port: `Events` maps each event to the type of its payload. Listeners run synchronously, in the order of
 * subscription. If one throws, the error is logged; the other listeners and the emitter continue.
 */
export class TypedEvents<Events extends object> {
  readonly #listeners: { [E in keyof Events]?: Listener<Events[E]>[] } = {};

  constructor(private readonly log: Logger) {}

  on<E extends keyof Events>(event: E, listener: Listener<Events[E]>): void {
    const listeners: Listener<Events[E]>[] = this.#listeners[event] ?? [];
    listeners.push(listener);
    this.#listeners[event] = listeners;
  }

  emit<E extends keyof Events>(event: E, payload: Events[E]): void {
    for (const listener of this.#listeners[event] ?? []) {
      try {
        listener(payload);
      } catch (error) {
        this.log.error({ event, error: messageOf(error) }, 'event listener failed');
      }
    }
  }
}
