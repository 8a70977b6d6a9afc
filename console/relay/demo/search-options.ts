/** What a person chose; texts are those of the fields, empty for what the detector has. */
export interface SearchOptions {
  detectors: string[];
  minConfidence: string;
  minNeighbors: string;
  scaleFactor: string;
  minSize: string;
  workingSize: string;
  /** Search a picture of which a part is missing. */
  acceptsDamaged: boolean;
}

export const noOptions: SearchOptions = {
  detectors: [],
  minConfidence: '',
  minNeighbors: '',
  scaleFactor: '',
  minSize: '',
  workingSize: '',
  acceptsDamaged: false,
};

/** The fields of the upload, in the order of the API's description. */
export function fieldsOf(options: SearchOptions): [string, string][] {
  const { detectors, minConfidence, acceptsDamaged, ...numbers } = options;
  const percent = Number(minConfidence);
  const fields: [string, string][] = [
    ...detectors.map((id): [string, string] => ['detector', id]),
    ['minConfidence', percent > 0 ? String(percent / 100) : ''],
    ...Object.entries(numbers),
    ['damaged', acceptsDamaged ? 'accept' : ''],
  ];
  return fields.filter(([, value]) => value !== '');
}

const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

interface CurlOptions {
  origin: string;
  name: string;
  /** Where the picture is to be fetched first. */
  source?: string | undefined;
}

/** The command that does the same in a shell. */
export function curlLine(options: SearchOptions, { origin, name, source }: CurlOptions): string {
  // curl gives ";" and "," in the name of a file another meaning.
  const file = /[;,"\\]/.test(name) ? 'picture.jpg' : name;
  const parts = [
    `-F ${quoted(`image=@${file}`)}`,
    ...fieldsOf(options).map(([field, value]) => `-F ${quoted(`${field}=${value}`)}`),
    `${origin}/api/v1/objectdetection/image`,
  ];
  const fetched = source ? `curl -so ${quoted(file)} ${new URL(source, origin).href} && ` : '';
  return `${fetched}curl ${parts.join(' ')}`;
}
