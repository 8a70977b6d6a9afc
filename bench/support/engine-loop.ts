import { readFileSync } from 'node:fs';
import { CascadeEngine } from '../../core/detection/engine/cascade-engine.js';
import { clipGroups, groupCandidates } from '../../core/detection/engine/group-candidates.js';
import { parseCascade } from '../../core/detection/engine/parse-cascade.js';
import { GreyImage } from '../../core/detection/worker/grey-image.js';
import { consume, loadOpenCv } from '../../core/opencv/opencv.js';
import { answerQuestions } from './side-process.js';

export interface EngineQuestion {
  cascade: string;
  /** Encoded; each search decodes its own, as a worker does. */
  images: Buffer[];
  /** At least one search, and no further ones once they have passed. */
  seconds: number;
}

export interface EngineReply {
  perSecond: number;
}

/** A worker's decoding and searching, over and over. */
async function run({ cascade, images, seconds }: EngineQuestion): Promise<EngineReply> {
  const cv = loadOpenCv('engine');
  const parsed = parseCascade(readFileSync(cascade, 'utf8'));
  if ('unsupported' in parsed) throw new Error(parsed.unsupported.reason);
  const engine = CascadeEngine.open();
  const query = {
    cascade: engine.load(parsed.model),
    scaleFactor: 1.1,
    minSize: { width: 20, height: 20 },
    maxSize: { width: 0, height: 0 },
  };
  const started = performance.now();
  let done = 0;
  let elapsed = 0;
  while (done === 0 || elapsed < seconds) {
    const bytes = images[done % images.length] ?? Buffer.alloc(0);
    consume(cv.imdecode(Buffer.from(bytes), cv.IMREAD_GRAYSCALE), (mat) => {
      const grey = new GreyImage(mat.cols, mat.rows, mat.getData());
      const image = { width: grey.width, height: grey.height, data: grey.bytes };
      const [candidates = []] = engine.searchCandidates(image, [query]);
      clipGroups(groupCandidates(candidates, 3), image);
    });
    done++;
    elapsed = (performance.now() - started) / 1000;
  }
  return { perSecond: done / elapsed };
}

answerQuestions(run);
