import type { OnnxRuntime, OnnxSession } from '../onnx/runtime.js';

/**
 * A runtime whose sessions are made and run within a limit of memory. Between these calls there is none, so that what a
 * model takes, or keeps, costs no other job: with a cascade, the next picture finds memory.
 */
export function limitedRuntime(
  runtime: OnnxRuntime,
  limit: { set(): void; lift(): void; onFailure(): void },
): OnnxRuntime {
  const within = async <T>(work: () => Promise<T>): Promise<T> => {
    limit.set();
    try {
      return await work();
    } catch (error) {
      limit.onFailure();
      throw error;
    } finally {
      limit.lift();
    }
  };
  const limited = (session: OnnxSession): OnnxSession => ({
    outputNames: session.outputNames,
    run: (feeds) => within(() => session.run(feeds)),
    release: () => session.release(),
  });
  return {
    Tensor: runtime.Tensor,
    InferenceSession: {
      create: async (model, options) =>
        limited(await within(() => runtime.InferenceSession.create(model, options))),
    },
  };
}
