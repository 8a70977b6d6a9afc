import { useRef } from 'preact/hooks';
import type { LiveCamera } from '../../../core/contract/live.js';
import { useVisible } from '../../shared/use-visible.js';
import { CameraPicture } from './camera-picture.js';
import { CameraState } from './camera-state.js';
import { nameOf } from './live-choices.js';
import { Present } from './present.js';

/** One camera of the grid. */
export function CameraTile({ camera, width }: { camera: LiveCamera; width: number }) {
  const place = useRef<HTMLLIElement>(null);
  const isVisible = useVisible(place);
  return (
    <li class="tile" ref={place}>
      <div class="row spread head">
        <h2>
          <a href={`/live/${camera.id}`}>{nameOf(camera)}</a>
        </h2>
        <CameraState camera={camera} />
      </div>
      <CameraPicture camera={camera} width={width} isVisible={isVisible} />
      <div class="foot">
        <Present camera={camera} />
      </div>
    </li>
  );
}
