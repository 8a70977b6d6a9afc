import { randomBytes } from 'node:crypto';
import { type StrictAnswer, StrictConnection } from './strict-connection.js';

interface Prediction {
  label: string;
  userid?: string;
  confidence: number;
  x_min: number;
  y_min: number;
  x_max: number;
  y_max: number;
}

/** An object as the entity of Home Assistant has it: its place in parts of the image, its confidence in percent. */
export interface EntityObject {
  name: string;
  confidence: number;
  box: { left: number; top: number; width: number; height: number };
}

export interface HomeAssistantOptions {
  url: string;
  apiKey?: string;
  customModel?: string;
}

/** The error that the entity logs instead of a state. */
export class DeepstackException extends Error {}

/**
 * Home Assistant with its integrations for DeepStack: a form as the Python library `requests` sends it, fields first, a
 * confidence of 0.1 and the key even if it is empty. It reads `predictions` of a response with status 200 and no others.
 */
export class HomeAssistant {
  constructor(private readonly options: HomeAssistantOptions) {}

  /** The state of the entity: the objects with this name above a confidence in percent. */
  async objects(
    jpeg: Uint8Array,
    size: { width: number; height: number },
  ): Promise<EntityObject[]> {
    const { customModel } = this.options;
    const path = customModel ? `custom/${customModel}` : 'detection';
    const predictions = await this.#predictions(path, jpeg);
    return predictions.map((prediction) => ({
      name: prediction.label,
      confidence: Math.round(prediction.confidence * 100_000) / 1000,
      box: {
        left: prediction.x_min / size.width,
        top: prediction.y_min / size.height,
        width: (prediction.x_max - prediction.x_min) / size.width,
        height: (prediction.y_max - prediction.y_min) / size.height,
      },
    }));
  }

  /** With `detect_only`: the names of the faces. */
  async faces(jpeg: Uint8Array): Promise<string[]> {
    const predictions = await this.#predictions('face', jpeg);
    return predictions.map(({ userid = 'unknown' }) => userid);
  }

  async #predictions(path: string, jpeg: Uint8Array): Promise<Prediction[]> {
    const { status, text } = await this.post(path, jpeg);
    if (status === 404) throw new DeepstackException(`Bad url supplied, error ${status}`);
    if (status !== 200)
      throw new DeepstackException(`Error from Deepstack request, status code: ${status}`);
    return JSON.parse(text).predictions;
  }

  async post(path: string, jpeg: Uint8Array): Promise<StrictAnswer> {
    const boundary = randomBytes(16).toString('hex');
    const field = (name: string, value: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const before = Buffer.from(
      field('api_key', this.options.apiKey ?? '') +
        field('min_confidence', '0.1') +
        `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="image"\r\n\r\n`,
    );
    const body = Buffer.concat([before, jpeg, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    const connection = await StrictConnection.open(this.options.url);
    try {
      return await connection.ask(
        `POST /v1/vision/${path} HTTP/1.1\r\nHost: ${connection.host}\r\n` +
          'User-Agent: python-requests/2.31.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\n' +
          `Connection: keep-alive\r\nContent-Length: ${body.length}\r\n` +
          `Content-Type: multipart/form-data; boundary=${boundary}\r\n\r\n`,
        body,
      );
    } finally {
      connection.close();
    }
  }
}
