import type { ProbeResultOf, ProbeSubject } from '../protocol.js';

/** Tries a file in a worker, as `DetectionPool.probe` does. Throws ProblemError. */
export type Probe = <S extends ProbeSubject>(subject: S) => Promise<ProbeResultOf<S>>;
