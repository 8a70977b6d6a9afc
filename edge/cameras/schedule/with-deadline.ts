/**
 * Works under a signal that aborts after `ms` (with a TimeoutError) or together with `parent`.
 * Leaves nothing attached to a parent that lives for long, which `AbortSignal.any` cannot promise on Node 20.
 */
export async function withDeadline<T>(
  ms: number,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent.throwIfAborted();
  const controller = new AbortController();
  const end = () => controller.abort(parent.reason);
  const timer = setTimeout(
    () => controller.abort(new DOMException('the time is up', 'TimeoutError')),
    ms,
  );
  parent.addEventListener('abort', end, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    parent.removeEventListener('abort', end);
  }
}
