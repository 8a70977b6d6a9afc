import { imageFirstForm } from './image-first-form.js';
import { type StrictAnswer, StrictConnection } from './strict-connection.js';

export interface BlueIrisOptions {
  url: string;
  /** As the region of Windows writes it. */
  minConfidence?: string;
  http?: '1.0' | '1.1';
  /** Sent by the versions that knew DeepStack. */
  apiKey?: string;
}

interface Found {
  label: string;
  percent: number;
  rectangle: [left: number, top: number, right: number, bottom: number];
}

/**
 * Blue Iris: it lists the models when it starts, and keeps one connection for its images. It reads an answer by its length,
 * takes coordinates that are integers only, and shows the times of the answer.
 */
export class BlueIris {
  private constructor(
    private readonly connection: StrictConnection,
    private readonly options: BlueIrisOptions,
  ) {}

  static async start(options: BlueIrisOptions): Promise<BlueIris> {
    return new BlueIris(await StrictConnection.open(options.url), options);
  }

  /** Its custom models, by a POST without a body. */
  async models(): Promise<string[]> {
    const { text } = await this.connection.ask(this.#head('/v1/vision/custom/list', 0), '\r\n');
    const { success, models } = JSON.parse(text);
    if (success !== true) throw new Error(text);
    return models;
  }

  /** Whether it shows the server as running. */
  async isServerThere(): Promise<boolean> {
    const { status, text } = await this.connection.ask(
      `GET /v1/status/ping HTTP/1.1\r\nHost: ${this.connection.host}\r\nConnection: keep-alive\r\n\r\n`,
    );
    return status === 200 && JSON.parse(text).success === true;
  }

  /** What an alert image shows; `model` is the name of a custom model. */
  async confirm(jpeg: Uint8Array, model?: string): Promise<{ found: Found[]; ms: number }> {
    const { status, text } = await this.send(jpeg, model);
    const answer = JSON.parse(text);
    if (status !== 200 || answer.success !== true)
      throw new Error(`AI error ${status}: ${answer.error}`);
    const found = answer.predictions.map(foundOf);
    if (found.length !== answer.count) throw new Error('the count is wrong');
    if (!Number.isInteger(answer.inferenceMs)) throw new Error('there is no time');
    return { found, ms: answer.analysisRoundTripMs };
  }

  send(jpeg: Uint8Array, model?: string): Promise<StrictAnswer> {
    const boundary = '----BlueIrisFormBoundary7MA4YWxkTrZu0gW';
    const body = imageFirstForm(boundary, jpeg, { minConfidence: '0.4', ...this.options });
    const path = model === undefined ? 'detection' : `custom/${model}`;
    const type = `Content-Type: multipart/form-data; boundary=${boundary}\r\n\r\n`;
    return this.connection.ask(this.#head(`/v1/vision/${path}`, body.length), type, body);
  }

  stop(): void {
    this.connection.close();
  }

  #head(path: string, length: number): string {
    const { http = '1.1' } = this.options;
    return (
      `POST ${path} HTTP/${http}\r\nHost: ${this.connection.host}\r\nUser-Agent: Blue Iris\r\n` +
      `Accept: */*\r\nConnection: keep-alive\r\nContent-Length: ${length}\r\n`
    );
  }
}

function foundOf(prediction: Record<string, unknown>): Found {
  const { label, confidence, x_min, y_min, x_max, y_max } = prediction;
  const rectangle = [x_min, y_min, x_max, y_max].map((value) => {
    if (!Number.isInteger(value)) throw new Error(`${value} is no coordinate`);
    return value as number;
  });
  const percent = Math.round(Number(confidence) * 100);
  return { label: String(label), percent, rectangle: rectangle as Found['rectangle'] };
}
