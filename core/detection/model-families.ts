import type { ModelFamily } from '../contract/detection.js';
import type { ModelDescription } from './detection.js';

type FamilyDefaults = Pick<ModelDescription, 'channels' | 'mean' | 'scale' | 'letterbox'>;

const ZERO: FamilyDefaults['mean'] = [0, 0, 0];
const ONE: FamilyDefaults['scale'] = [1, 1, 1];
const BYTE = 1 / 255;

/** The input that each family's own exports are made for, unless the description says otherwise. */
export const familyDefaults: Record<ModelFamily, FamilyDefaults> = {
  yolox: { channels: 'bgr', mean: ZERO, scale: ONE, letterbox: { align: 'start', fill: 114 } },
  yolov8: {
    channels: 'rgb',
    mean: ZERO,
    scale: [BYTE, BYTE, BYTE],
    letterbox: { align: 'centre', fill: 114 },
  },
  nanodet: {
    channels: 'bgr',
    mean: [103.53, 116.28, 123.675],
    scale: [1 / 57.375, 1 / 57.12, 1 / 58.395],
    letterbox: { align: 'centre', fill: 0 },
  },
  picodet: {
    channels: 'rgb',
    mean: [123.675, 116.28, 103.53],
    scale: [1 / 58.395, 1 / 57.12, 1 / 57.375],
    letterbox: { align: 'centre', fill: 0 },
  },
  yunet: { channels: 'bgr', mean: ZERO, scale: ONE, letterbox: { align: 'start', fill: 0 } },
};
