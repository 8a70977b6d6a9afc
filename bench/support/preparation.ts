import { type DecodedPicture, loadDecoder } from '../../core/detection/decoder/native-decoder.js';
import { placementOf } from '../../core/detection/onnx/placement.js';
import { percentiles } from './report.js';

/** Milliseconds of what a worker does before a model runs, on one snapshot. */
export function preparation(snapshot: Buffer) {
  const native = loadDecoder();
  const time = (run: () => void) => {
    const times = Array.from({ length: 60 }, () => {
      const at = performance.now();
      run();
      return performance.now() - at;
    });
    return percentiles(times).p50;
  };
  let bytes: Uint8Array = new Uint8Array();
  let picture: DecodedPicture | undefined;
  const decode = () => {
    const options = { colour: true, ycc: true, denominator: 2 as const };
    const decoded = native.decode(
      'jpeg',
      snapshot,
      { ...options, maxPixels: 1e7, maxScans: 64, maxScanned: 1e9 },
      (count) => {
        bytes = new Uint8Array(count);
        return bytes;
      },
    );
    if ('whole' in decoded) picture = decoded;
  };
  const decodeMs = time(decode);
  const input = { width: 416, height: 416 };
  const pixels = new Float32Array(3 * input.width * input.height);
  const letterboxMs = time(() => {
    if (!picture) throw new Error('a snapshot does not decode');
    const part = { x: 0, y: 0, width: picture.width, height: picture.height };
    const layout = {
      ...placementOf(part, input, 'start'),
      ...input,
      fill: 114,
      rgb: false,
      interleaved: false,
      mean: [0, 0, 0],
      scale: [1, 1, 1],
    };
    native.letterbox({ ...picture, bytes }, part, layout, pixels);
  });
  return { decodeMs, letterboxMs };
}
