import { messageOf } from './errors.js';
import type { Logger } from './logger.js';

type Listener<T> = (payload: T) => void;

/**
 * A port for events, each with the payload that `Events` names. Listeners run at once, in the order of their
 * subscription. One that throws is logged and stops neither the others nor whoever emits.
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
        this.log.error({ event, error: messageOf(error) }, 'an event listener failed');
      }
    }
  }
}
