import type { DemoLimits } from '../../../core/contract/demo.js';

interface Size {
  width: number;
  height: number;
}

export interface Picture {
  name: string;
  /** What is sent. */
  blob: Blob;
  /** Of what the person sees, as long as the page shows it. */
  url: string;
  /** In pixels as it is shown; undefined if the browser cannot show it. */
  size: Size | undefined;
  /** Its size before the browser made it smaller. */
  scaledFrom?: Size;
  /** Where it comes from, if it is a sample. */
  source?: string;
}

/** The longer side of a copy that was above the limits, and of one that was refused, in pixels. */
const COPY_SIDE = 2_560;
export const SMALL_SIDE = 1_280;
const QUALITY = 0.9;

/** Resolves with the picture, smaller only if it is above the limits. Undefined if it is, and the browser cannot read it. */
export async function preparePicture(
  blob: Blob,
  name: string,
  limits: Pick<DemoLimits, 'maxUploadBytes' | 'maxPixels'> | undefined,
): Promise<Picture | undefined> {
  const url = URL.createObjectURL(blob);
  const size = await sizeOf(url);
  const picture = { name, blob, url, size };
  if (!limits) return picture;
  const isLarge =
    blob.size > limits.maxUploadBytes ||
    (size !== undefined && size.width * size.height > limits.maxPixels);
  if (!isLarge) return picture;
  return size && scaled(picture, COPY_SIDE, limits.maxPixels);
}

/** A copy whose longer side has at most `side` pixels, and that has at most `maxPixels`. Undefined if the browser cannot make one. */
export async function scaled(
  picture: Picture,
  side: number,
  maxPixels = side * side,
): Promise<Picture | undefined> {
  const { size, blob } = picture;
  if (!size) return undefined;
  const factor = Math.min(
    1,
    side / Math.max(size.width, size.height),
    Math.sqrt(maxPixels / (size.width * size.height)),
  );
  const width = Math.max(1, Math.floor(size.width * factor));
  const height = Math.max(1, Math.floor(size.height * factor));
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  try {
    const bitmap = await createImageBitmap(blob, {
      resizeWidth: width,
      resizeHeight: height,
      resizeQuality: 'high',
    });
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
    bitmap.close();
  } catch {
    return undefined;
  }
  const copy = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/jpeg', QUALITY);
  });
  if (!copy) return undefined;
  const name = `${picture.name.replace(/\.[^.]*$/, '')}.jpg`;
  return {
    ...{ name, blob: copy, url: picture.url, size: { width, height } },
    scaledFrom: picture.scaledFrom ?? size,
  };
}

async function sizeOf(url: string): Promise<Size | undefined> {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch {
    return undefined;
  }
  return { width: image.naturalWidth, height: image.naturalHeight };
}
