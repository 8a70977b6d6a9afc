import type { EngineName } from '../../contract/detection.js';
import { openCvFault } from '../../opencv/opencv-addon.js';
import type { DetectorEntry } from './detector-entry.js';

/**
 * A detector with the engine that searches for it here. A model has one engine. OpenCV supports every cascade; the
 * project's own engine supports most, on a processor that can run it. If none is able to, the detector is refused, with
 * what to install.
 */
export function servedEntry(entry: DetectorEntry, able: EngineName[]): DetectorEntry {
  if (entry.kind !== 'cascade' || entry.status !== 'ready') return entry;
  if (able.includes(entry.engine)) return entry;
  if (able.includes('opencv')) return { ...entry, engine: 'opencv' };
  const {
    file: _file,
    sha256: _sha256,
    features: _features,
    engine,
    unsupported,
    window: _,
    ...known
  } = entry;
  const why =
    engine === 'opencv' ? unsupported : 'the engine of this program does not serve it here';
  const need = `only OpenCV searches it${why === undefined ? '' : ` (${why})`}`;
  return { ...known, status: 'refused', reason: `${need}; ${openCvFault('engine') ?? RESTART}` };
}

const RESTART = 'OpenCV was installed after the start; restart the program';
