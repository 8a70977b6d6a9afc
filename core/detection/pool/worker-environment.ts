/**
 * All that a worker's environment holds. The decoders' own limits stand behind ours. The malloc threshold
 * keeps images out of the heap, so that their memory goes back when they are done: measured after photos
 * of 12 megapixels, 157 MB instead of 209.
 */
export const workerEnvironment = (maxPixels: number) => ({
  LANG: 'C.UTF-8',
  OPENCV_IO_MAX_IMAGE_PIXELS: String(maxPixels),
  OPENCV_IO_MAX_IMAGE_WIDTH: '65535',
  OPENCV_IO_MAX_IMAGE_HEIGHT: '65535',
  MALLOC_MMAP_THRESHOLD_: '1048576',
  UV_THREADPOOL_SIZE: '1',
});
