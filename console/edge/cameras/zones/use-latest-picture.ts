import { useEffect, useState } from 'preact/hooks';
import type { ImagePage } from '../../../../core/contract/image.js';
import { apiUrl } from '../../../shared/api.js';
import { useResource } from '../../../shared/use-resource.js';

export type LatestPicture = ImagePage['images'][number];

interface Latest {
  picture: LatestPicture | undefined;
  /** Whether that is known yet. */
  isLoading: boolean;
  error: unknown;
  reload(): Promise<void>;
}

/** The last stored snapshot of a camera. It stays the same while its page is open, unless `everySeconds` is given. */
export function useLatestPicture(camera: string, everySeconds?: number): Latest {
  const { data, error, isLoading, reload } = useResource<ImagePage>('/objectdetection/image', {
    query: { camera, limit: 1 },
    ...(everySeconds !== undefined && { everySeconds }),
  });
  return { picture: data?.images[0], isLoading, error, reload };
}

export const originalOf = (id: string): string => apiUrl(`/objectdetection/image/${id}`);

/** The size of a picture on the page, in its own pixels. */
export function usePictureSize(picture: LatestPicture | undefined): {
  width: number;
  height: number;
} {
  const [size, setSize] = useState({ width: 1_600, height: 900 });
  useEffect(() => {
    if (picture) setSize({ width: picture.width, height: picture.height });
  }, [picture]);
  return size;
}
