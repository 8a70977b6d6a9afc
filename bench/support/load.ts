import { UploadConnection } from './http-client.js';
import { answerQuestions } from './side-process.js';
import { uniqueJpeg } from './unique-jpeg.js';

export interface LoadQuestion {
  port: number;
  images: Buffer[];
  /** Each connection sends its next request when it has the answer to the one before: a closed loop. */
  connections: number;
  /** Whether each upload has bytes of its own, counted from `from`; otherwise the images are sent as they are. */
  unique: boolean;
  from: number;
  /** Further fields of the form. */
  fields?: Record<string, string>;
  /** The load ends at whichever comes first. */
  requests: number;
  seconds: number;
}

export interface LoadReply {
  done: number;
  perSecond: number;
  latenciesMs: number[];
}

async function load(question: LoadQuestion): Promise<LoadReply> {
  const { port, images, unique, from, fields, requests, seconds } = question;
  const latenciesMs: number[] = [];
  const started = performance.now();
  const end = started + seconds * 1000;
  let sent = 0;
  const sendFrom = async (connection: UploadConnection) => {
    while (sent < requests && performance.now() < end) {
      const n = from + sent++;
      const image = images[n % images.length] ?? Buffer.alloc(0);
      const at = performance.now();
      const answer = await connection.upload(unique ? uniqueJpeg(image, n) : [image], fields);
      if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`);
      latenciesMs.push(performance.now() - at);
    }
  };
  const connections = await Promise.all(
    Array.from({ length: question.connections }, () => UploadConnection.open(port)),
  );
  try {
    await Promise.all(connections.map(sendFrom));
  } finally {
    for (const connection of connections) connection.close();
  }
  const done = latenciesMs.length;
  return { done, perSecond: done / ((performance.now() - started) / 1000), latenciesMs };
}

answerQuestions(load);
