import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Boxes, type LabelledBox } from './boxes.js';
import './picture-frame.css';

export interface Picture {
  /** Identifies its content. */
  id: string;
  src: string;
  /** Taken if the browser cannot show the first: not all formats of cameras are for browsers. */
  otherSrc?: string;
  /** Pixels that the boxes refer to. */
  width: number;
  height: number;
  boxes: readonly LabelledBox[];
}

interface PictureFrameProps<P extends Picture> {
  picture: P | undefined;
  alt: string;
  showBoxes: boolean;
  isOld?: boolean;
  /** Shown in place of a picture. */
  without: string;
  /** Shown if a picture could not be loaded. */
  notLoaded: string;
  /** What lies over the picture, given the one that is shown. */
  over?(shown: P): ComponentChildren;
}

/**
 * A picture with boxes. A newer one takes its place together with its boxes once it has been loaded; while one is being
 * loaded, the next waits, so that a slow line shows one after the other and not none at all.
 */
export function PictureFrame<P extends Picture>(props: PictureFrameProps<P>) {
  const { picture, alt, showBoxes, isOld = false, without, notLoaded, over } = props;
  const [shown, setShown] = useState<P | undefined>();
  const [, setDrawn] = useState(0);
  const draw = () => setDrawn((times) => times + 1);
  const failed = useRef<P | undefined>(undefined);
  const loading = useRef<P | undefined>(undefined);
  const isNew = picture !== undefined && picture.id !== shown?.id && picture !== failed.current;
  // What is being loaded, and what was asked for: they differ once its other address is tried.
  const asked = useRef<P | undefined>(undefined);
  if (isNew && loading.current === undefined) {
    loading.current = picture;
    asked.current = picture;
  }
  const next = loading.current;
  const end = (loaded: P, isLoaded: boolean) => {
    if (loading.current === loaded) loading.current = undefined;
    if (isLoaded) setShown(loaded);
    failed.current = isLoaded ? undefined : asked.current;
    draw();
  };
  const fail = (missed: P) => {
    if (missed.otherSrc === undefined || missed.src === missed.otherSrc) return end(missed, false);
    loading.current = { ...missed, src: missed.otherSrc };
    draw();
  };
  const base = shown ?? next;
  return (
    <div class={isOld ? 'picture-frame old' : 'picture-frame'}>
      {base && (
        <div class="fitted" style={{ '--ratio': String(base.width / base.height) }}>
          {shown && <img key={shown.id} src={shown.src} alt={alt} decoding="async" />}
          {next && (
            <img
              key={next.id}
              class="loading"
              src={next.src}
              alt=""
              decoding="async"
              onLoad={() => end(next, true)}
              onError={() => fail(next)}
            />
          )}
          {shown && showBoxes && (
            <Boxes boxes={shown.boxes} width={shown.width} height={shown.height} />
          )}
        </div>
      )}
      {!shown && !next && <p class="without">{failed.current ? notLoaded : without}</p>}
      {shown && over?.(shown)}
    </div>
  );
}
