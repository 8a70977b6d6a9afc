const SIGNAL = 'SIGHUP';
const listeners = new Set<() => void>();
const callAll = () => {
  for (const listener of [...listeners]) listener();
};

/**
 * Calls the listener at each SIGHUP, until the returned function is called. The process has one listener of the signal,
 * however many parts wait for it.
 */
export function onReloadSignal(listener: () => void): () => void {
  if (listeners.size === 0) process.on(SIGNAL, callAll);
  listeners.add(listener);
  return () => {
    if (listeners.delete(listener) && listeners.size === 0) process.off(SIGNAL, callAll);
  };
}
