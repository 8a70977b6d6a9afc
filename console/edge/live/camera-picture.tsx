import { useMemo } from 'preact/hooks';
import type { LiveCamera } from '../../../core/contract/live.js';
import { apiUrl } from '../../shared/api.js';
import { texts } from '../../texts/texts.js';
import { connection } from '../live-state.js';
import { type Picture, PictureFrame } from '../pictures/picture-frame.js';
import { Ago } from './age.js';
import { boxesShown, isOld, nameOf } from './live-choices.js';
import './camera-picture.css';

const words = texts.live;

interface CameraPictureProps {
  camera: LiveCamera;
  /** Of the thumbnail; the whole picture if absent. */
  width?: number;
  /** A picture that is not seen is not loaded. */
  isVisible: boolean;
}

interface Taken extends Picture {
  takenAt: string;
}

/** The newest picture of a camera with its boxes and its age. One that is old says so. */
export function CameraPicture({ camera, width, isVisible }: CameraPictureProps) {
  const { picture } = camera;
  const taken = useMemo(
    (): Taken | undefined =>
      picture?.stored
        ? {
            id: picture.id,
            takenAt: picture.takenAt,
            src:
              width === undefined
                ? apiUrl(`/objectdetection/image/${picture.id}`)
                : apiUrl(`/objectdetection/image/${picture.id}/thumbnail`, { width }),
            otherSrc: apiUrl(`/objectdetection/image/${picture.id}/thumbnail`, { width: 640 }),
            width: picture.width,
            height: picture.height,
            boxes: picture.detections,
          }
        : undefined,
    [picture, width],
  );
  const old = isOld(camera.state) || connection.state.value === 'lost';
  return (
    <PictureFrame
      picture={isVisible ? taken : undefined}
      alt={words.alt(nameOf(camera))}
      showBoxes={boxesShown.value}
      isOld={old}
      without={picture && !picture.stored ? words.notStored : words.noPicture}
      notLoaded={words.notLoaded}
      over={({ takenAt }) => (
        <p class={old ? 'picture-age old' : 'picture-age'}>
          <Ago at={takenAt} text={old ? words.old : words.taken} />
        </p>
      )}
    />
  );
}
