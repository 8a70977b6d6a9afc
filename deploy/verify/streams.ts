import { join } from 'node:path';
import { must } from './compose.js';
import type { Verification } from './verification.js';

/** Three frames: the same picture again. FFmpeg knows the form by the name. */
const MAKE_VIDEO =
  'cat /samples/4-two-signs.jpg /samples/4-two-signs.jpg /samples/4-two-signs.jpg >/tmp/clip.mjpeg';
const CAMERA = `--set 'cameras=[{ id: clip, kind: video, path: /tmp/clip.mjpeg, schedule: "0 0 1 1 *" }]'`;

/** What the small image says about a camera that needs OpenCV, and that the larger one reads it. */
export async function verifyStreams({ docker, root, step }: Verification): Promise<void> {
  const inside = (image: string, command: string) =>
    docker.output([
      ...['run', '--rm', '--volume', `${join(root, 'samples')}:/samples:ro`, '--entrypoint', 'sh'],
      ...[image, '-c', command],
    ]);
  await step('the image siteglass-edge names the image with OpenCV for a video', () => {
    const said = inside('siteglass-edge', `siteglass-edge ${CAMERA} --check 2>&1`);
    must(
      said.includes('camera clip: OpenCV is not installed; use the image siteglass-edge-streams'),
      said,
    );
  });
  await step('the image siteglass-edge-streams reads a video, and searches with OpenCV', () => {
    const command = `${MAKE_VIDEO}; siteglass-edge ${CAMERA} --set dataFolder=/tmp/data --set detection.engine=opencv doctor || true`;
    const said = inside('siteglass-edge-streams', command);
    const camera = said.split('\n').find((line) => line.includes(' clip')) ?? '';
    must(/^ok .*clip: 960 × 540, image\/jpeg/.test(camera), said);
    return camera;
  });
}
