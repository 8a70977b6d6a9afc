import type { LiveCamera } from '../../../core/contract/live.js';
import { Badge } from '../../shared/ui/badge.js';
import type { Tone } from '../../shared/ui/notice.js';
import { texts } from '../../texts/texts.js';

const TONES: Record<LiveCamera['state'], Tone> = {
  starting: 'info',
  online: 'good',
  frozen: 'warning',
  stale: 'warning',
  offline: 'bad',
  paused: 'info',
};

export const CameraState = ({ camera: { state } }: { camera: LiveCamera }) => (
  <Badge tone={TONES[state]}>{texts.live.states[state]}</Badge>
);
