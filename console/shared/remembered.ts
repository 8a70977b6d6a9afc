import { effect, type Signal, signal } from '@preact/signals';

/** A choice of the reader that this browser keeps; without its storage, until the page is left. */
export function remembered<T extends string | boolean>(name: string, initial: T): Signal<T> {
  const key = `siteglass.${name}`;
  const choice = signal(initial);
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    if (typeof kept === typeof initial) choice.value = kept as T;
  } catch {
    // What is kept there is not ours, or the browser keeps nothing.
  }
  effect(() => {
    const text = JSON.stringify(choice.value);
    try {
      localStorage.setItem(key, text);
    } catch {
      // The choice counts until the page is left.
    }
  });
  return choice;
}
