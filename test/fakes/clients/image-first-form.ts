export interface ImageFields {
  minConfidence: string;
  apiKey?: string;
}

/** A form as many clients write it: with the image first and the key last. */
export function imageFirstForm(
  boundary: string,
  jpeg: Uint8Array,
  { minConfidence, apiKey }: ImageFields,
): Buffer {
  const field = (name: string, value: string) =>
    `\r\n--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
  return Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="image.jpg"\r\n` +
        'Content-Type: image/jpeg\r\n\r\n',
    ),
    jpeg,
    Buffer.from(
      field('min_confidence', minConfidence) +
        (apiKey === undefined ? '' : field('api_key', apiKey)) +
        `\r\n--${boundary}--\r\n`,
    ),
  ]);
}
