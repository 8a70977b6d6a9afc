import type { ReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, parse } from 'node:path';
import { nameSchema } from '../contract/names.js';
import type { DetectionModule } from '../detection/create-detection.js';
import type { Installed, InstallOptions } from '../detection/installer/installer-options.js';
import { bytesText } from '../detection/models/bytes-text.js';
import { type Output, ProgressLine } from '../detection/models/progress-line.js';
import type { CommandOptions } from '../runtime/command-line.js';
import { messageOf, StartError } from '../runtime/errors.js';

/** Shown while the folder of the detectors is in use. */
export const WAITING = 'Another process adds or removes a detector; waiting for it to end.\n';

/** What to add: a model that Siteglass knows, a file, or a file at an address. */
export type Addition =
  | { from: 'manifest'; id: string; url: URL | undefined }
  | { from: 'address'; id: string; kind: 'onnx' | 'xml'; url: URL; sha256: string }
  | {
      from: 'file';
      id: string | undefined;
      proposedId: string | undefined;
      content: ReadStream;
      description: string | undefined;
      labels: string | undefined;
    };

/** A path, or a name of a cascade or model. */
const isFile = (word: string): boolean => /[/\\]|\.(onnx|xml)$/i.test(word);

/** Understands the words of `detector add`, and opens the file if there is one. Throws StartError. */
export async function readAddition(word: string, options: CommandOptions): Promise<Addition> {
  const { name, url, sha256 } = options;
  if (isFile(word)) {
    if (url !== undefined || sha256 !== undefined)
      throw new StartError('a file takes neither --url nor --sha256');
    return readFileAddition(word, name);
  }
  if (name !== undefined) throw new StartError('--name is for a file');
  const id = idOf(word);
  const address = url === undefined ? undefined : urlOf(url);
  if (sha256 === undefined) return { from: 'manifest', id, url: address };
  if (!address) throw new StartError('--sha256 needs --url');
  if (!/^[0-9a-f]{64}$/i.test(sha256))
    throw new StartError('--sha256: expected 64 hexadecimal digits');
  const kind = kindOf(address.pathname);
  return { from: 'address', id, kind, url: address, sha256: sha256.toLowerCase() };
}

async function readFileAddition(path: string, name: string | undefined): Promise<Addition> {
  const kind = kindOf(path);
  const { dir, name: stem } = parse(path);
  const id = name === undefined ? undefined : idOf(name);
  const proposedId = nameSchema.safeParse(idLike(stem)).data;
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new StartError(`${path} is not a file`);
    // Opened now: the user who tries it may not be allowed to.
    const handle = await open(path);
    const beside = (extension: string) =>
      kind === 'onnx' ? textOf(`${dir === '' ? '.' : dir}/${stem}${extension}`) : undefined;
    const [description, labels] = [await beside('.yaml'), await beside('.txt')];
    return {
      from: 'file',
      id,
      proposedId,
      content: handle.createReadStream(),
      description,
      labels,
    };
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`the file cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

const MAX_TEXT_BYTES = 256 * 1024;

/** Undefined if there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!found?.isFile()) return undefined;
  if (found.size > MAX_TEXT_BYTES)
    throw new StartError(`${path} describes the model, and is larger than 256 KiB`);
  return readFile(path, 'utf8');
}

/** A file's name in the letters of an id: `YOLOX_nano` is `yolox-nano`. */
const idLike = (stem: string): string =>
  stem
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

function idOf(name: string): string {
  const { data, error } = nameSchema.safeParse(name);
  if (data !== undefined) return data;
  throw new StartError(`${name}: ${error.issues[0]?.message}`);
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new StartError('--url: expected http://… or https://…');
}

function kindOf(path: string): 'onnx' | 'xml' {
  const kind = /\.(onnx|xml)$/i.exec(path)?.[1]?.toLowerCase();
  if (kind === 'onnx' || kind === 'xml') return kind;
  throw new StartError(
    `${basename(path)} is neither a model (.onnx) nor a cascade (.xml); its name must end so`,
  );
}

/** Adds a detector and shows how far it is. */
export async function addDetector(
  { installer }: DetectionModule,
  addition: Addition,
  output: Output,
): Promise<string> {
  const line = new ProgressLine(addition.id ?? 'file', output);
  const options: InstallOptions = {
    signal: new AbortController().signal,
    onProgress: (progress) => line.show(progress),
    onRetry: (reason, pauseMs) =>
      line.note(`${reason}; trying again in ${Math.ceil(pauseMs / 1_000)} s`),
    onTrial: () => line.note('Trying it in a worker.'),
    onWait: () => output.write(WAITING),
  };
  try {
    return report(await install(installer, addition, options));
  } finally {
    line.end();
  }
}

function install(
  installer: DetectionModule['installer'],
  addition: Addition,
  options: InstallOptions,
): Promise<Installed> {
  switch (addition.from) {
    case 'manifest':
      return installer.download(addition.id, options, addition.url);
    case 'address':
      return installer.downloadOther(addition, options);
    case 'file':
      return installer.addFile(addition, options);
  }
}

const OUTCOMES = {
  added: 'was added',
  replaced: 'was replaced',
  unchanged: 'is there already',
} as const;

function report({ id, bytes, outcome }: Installed): string {
  return [
    `The detector "${id}" ${OUTCOMES[outcome]} (${bytesText(bytes)}).`,
    `Name it in detection.defaultDetectors, in detectors of a camera, or in a request: detector=${id}`,
  ].join('\n');
}
