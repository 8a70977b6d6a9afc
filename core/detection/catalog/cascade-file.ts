import { setImmediate } from 'node:timers/promises';
import { SaxesParser } from 'saxes';
import { z } from 'zod';
import { messageOf } from '../../runtime/errors.js';
import type { CascadeFeatures, ReadyCascade } from './detector-entry.js';
import { DetectorFault } from './detector-fault.js';

export type CascadeDescription = Pick<ReadyCascade, 'features' | 'window'>;

const CHUNK = 64 * 1024;
const DECLARATION = Buffer.from('<?xml');

/**
 * Reads what kind of cascade an XML file holds, in OpenCV's current form or the one before 2.4. The file is not trusted: no
 * DTD, bounded depth and attributes. Pauses between pieces, so that a large file does not block the process. Throws
 * DetectorFault.
 */
export async function describeCascade(content: Buffer): Promise<CascadeDescription> {
  const reader = new CascadeReader();
  try {
    const text = withoutComments(new TextDecoder('utf-8', { fatal: true }).decode(content));
    for (let at = 0; at < text.length; at += CHUNK) {
      reader.write(text.slice(at, at + CHUNK));
      await setImmediate();
    }
    reader.close();
  } catch (error) {
    if (error instanceof DetectorFault) throw error;
    throw new DetectorFault(`it is not well-formed XML (${messageOf(error)})`);
  }
  if (!content.subarray(0, 5).equals(DECLARATION))
    throw new DetectorFault('it does not begin with <?xml, which OpenCV asks for');
  return reader.description();
}

/** XML allows no "--" within a comment, yet OpenCV accepts it and its own cascades have it. */
function withoutComments(text: string): string {
  let kept = '';
  let at = 0;
  for (let start = text.indexOf('<!--'); start >= 0; start = text.indexOf('<!--', at)) {
    const end = text.indexOf('-->', start + 4);
    if (end < 0) throw new DetectorFault('it is not well-formed XML (unclosed comment)');
    kept += text.slice(at, start);
    at = end + 3;
  }
  return kept + text.slice(at);
}

const MAX_DEPTH = 32;
const MAX_TEXT = 256;
const MAX_ATTRIBUTES = 64;

/** The path of an element that says something about the cascade has this many levels. */
const FACT_DEPTH = 3;

class CascadeReader {
  readonly #parser = new SaxesParser({ xmlns: false, position: false });
  /** Names from the root to the element being read. */
  readonly #path: string[] = [];
  /** The elements directly below the cascade's, with their text. */
  readonly #facts = new Map<string, string>();
  #typeId: string | undefined;
  #attributes = 0;
  #cascades = 0;

  constructor() {
    this.#parser.on('error', (error) => {
      throw error;
    });
    this.#parser.on('doctype', () => {
      throw new DetectorFault('it has a document type declaration, which a cascade has no need of');
    });
    this.#parser.on('attribute', () => {
      if (++this.#attributes > MAX_ATTRIBUTES)
        throw new DetectorFault('it has too many attributes');
    });
    this.#parser.on('opentag', ({ name, attributes }) => this.#open(name, attributes));
    this.#parser.on('closetag', () => this.#path.pop());
    this.#parser.on('text', (text) => this.#read(text));
  }

  write(text: string): void {
    this.#parser.write(text);
  }

  close(): void {
    this.#parser.close();
  }

  description(): CascadeDescription {
    if (this.#typeId === 'opencv-haar-classifier') {
      const [width, height] = (this.#facts.get('size') ?? '').trim().split(/\s+/);
      return checked('HAAR', width, height);
    }
    if (!this.#facts.has('stageType')) throw new DetectorFault('it is not an OpenCV cascade');
    if (this.#fact('stageType') !== 'BOOST')
      throw new DetectorFault('its stages are not boosted classifiers');
    return checked(this.#fact('featureType'), this.#fact('width'), this.#fact('height'));
  }

  #fact(name: string): string {
    return (this.#facts.get(name) ?? '').trim();
  }

  #open(name: string, attributes: Record<string, string>): void {
    this.#path.push(name);
    if (this.#path.length > MAX_DEPTH) throw new DetectorFault('its elements are nested too deep');
    if (this.#path.length === 1 && name !== 'opencv_storage')
      throw new DetectorFault('it is not an OpenCV cascade');
    if (this.#path.length === 2) {
      // OpenCV reads the first one and ignores what follows.
      this.#cascades++;
      if (this.#cascades === 1) this.#typeId = attributes.type_id;
    }
    if (this.#path.length === FACT_DEPTH && this.#cascades === 1 && !this.#facts.has(name))
      this.#facts.set(name, '');
  }

  #read(text: string): void {
    const name = this.#path[FACT_DEPTH - 1];
    if (this.#path.length !== FACT_DEPTH || this.#cascades !== 1 || name === undefined) return;
    this.#facts.set(name, ((this.#facts.get(name) ?? '') + text).slice(0, MAX_TEXT));
  }
}

const sideSchema = z.coerce.number().int().min(4).max(512);

function checked(
  feature: string,
  width: string | undefined,
  height: string | undefined,
): CascadeDescription {
  const features = feature.toLowerCase();
  if (features === 'hog')
    throw new DetectorFault('it uses HOG features, which OpenCV gave up in 3.0');
  if (!isSupported(features)) throw new DetectorFault('its features are neither Haar nor LBP');
  const window = z.object({ width: sideSchema, height: sideSchema }).safeParse({ width, height });
  if (!window.success) throw new DetectorFault('its window is not 4 to 512 pixels wide and high');
  return { features, window: window.data };
}

const isSupported = (features: string): features is CascadeFeatures =>
  features === 'haar' || features === 'lbp';
