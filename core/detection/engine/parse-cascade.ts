import { type DocumentNode, integerOf, readDocument } from './cascade-document.js';
import { UnsupportedFeature } from './cascade-limits.js';
import type { CascadeModel, ParsedCascade, UnsupportedCascade } from './cascade-model.js';
import type { Size } from './geometry.js';
import { readOldCascade } from './read-old-cascade.js';
import { readCascade } from './read-stages.js';
import { unsupportedReason } from './unsupported-reason.js';

/** OpenCV's bound of a window's sides. */
const MAX_SIDE = 1_000_000;

/**
 * Reads a cascade in OpenCV's XML, in the form that `opencv_traincascade` writes or in the older one.
 * Throws `InvalidCascade` for what OpenCV would refuse or misread; otherwise reports whether the engine supports it.
 */
export function parseCascade(xml: string): ParsedCascade {
  const node = readDocument(xml);
  const isOld = node.find('featureType') === undefined;
  const header = isOld ? { kind: 'haar' as const, window: oldWindow(node) } : readHeader(node);
  try {
    if (header.kind === 'hog')
      throw new UnsupportedFeature('OpenCV no longer searches with HOG cascades');
    const model: CascadeModel = isOld
      ? { ...header, kind: 'haar', stages: readOldCascade(node, header.window) }
      : readCascade(node, header.kind, header.window);
    const reason = unsupportedReason(model);
    return reason === undefined ? { model } : { unsupported: { ...header, reason } };
  } catch (error) {
    if (error instanceof UnsupportedFeature)
      return { unsupported: { ...header, reason: error.message } };
    throw error;
  }
}

type Header = Omit<UnsupportedCascade, 'reason'>;

function readHeader(node: DocumentNode): Header {
  if (node.child('stageType').word() !== 'BOOST') throw node.error('is not of stage type BOOST');
  const kinds = { HAAR: 'haar', LBP: 'lbp', HOG: 'hog' } as const;
  const type = node.child('featureType').word();
  if (!Object.hasOwn(kinds, type)) throw node.error('is of an unknown feature type');
  const window = { width: node.child('width').integer(), height: node.child('height').integer() };
  return { kind: kinds[type as keyof typeof kinds], window: checkWindow(window, node) };
}

function oldWindow(node: DocumentNode): Size {
  const size = node.child('size');
  const [width, height, ...others] = size.words().map((word) => integerOf(word, size));
  if (width === undefined || height === undefined || others.length > 0) {
    throw size.error('does not hold a width and a height');
  }
  return checkWindow({ width, height }, size);
}

function checkWindow(window: Size, node: DocumentNode): Size {
  for (const side of [window.width, window.height]) {
    if (side < 1 || side > MAX_SIDE) throw node.error('has no usable window size');
  }
  return window;
}
