import { SaxesParser } from 'saxes';
import { InvalidCascade } from './cascade-model.js';

/** Bounds of a file; the largest cascade that OpenCV ships has 2.7 MB and 80,000 elements, 8 deep. */
export const DOCUMENT_LIMITS = { bytes: 16 * 1024 * 1024, elements: 1_000_000, depth: 16 };

/** An element of OpenCV's XML storage: it holds other elements, or words. */
export class DocumentNode {
  readonly children: DocumentNode[] = [];
  text = '';

  constructor(
    readonly name: string,
    private readonly line: number,
  ) {}

  /** The child of that name. Throws if there is none, or more than one. */
  child(name: string): DocumentNode {
    const child = this.find(name);
    if (!child) throw this.error(`has no <${name}>`);
    return child;
  }

  find(name: string): DocumentNode | undefined {
    const found = this.children.filter((child) => child.name === name);
    if (found.length > 1) throw this.error(`has more than one <${name}>`);
    return found[0];
  }

  /** The elements of a list, each named `_`: at least one, at most `limit`. */
  items(limit: number): DocumentNode[] {
    if (this.children.length === 0) throw this.error('is empty');
    if (this.children.length > limit) throw this.error(`has more than ${limit} elements`);
    for (const { name } of this.children) {
      if (name !== '_') throw this.error(`holds <${name}>, where a list is expected`);
    }
    return this.children;
  }

  words(): string[] {
    if (this.children.length > 0) throw this.error('holds elements, where values are expected');
    return this.text.split(/[ \t\r\n]+/).filter((word) => word !== '');
  }

  word(): string {
    const [word, ...others] = this.words();
    if (word === undefined || others.length > 0) throw this.error('does not hold one value');
    return word;
  }

  integer(): number {
    return integerOf(this.word(), this);
  }

  /** As OpenCV reads it: to double precision, then to single. */
  float(): number {
    return floatOf(this.word(), this);
  }

  error(problem: string): InvalidCascade {
    return new InvalidCascade(`<${this.name}> in line ${this.line} ${problem}`);
  }
}

// OpenCV takes a leading zero for octal, and 0x for hexadecimal: neither occurs in a cascade, and neither is taken here.
const INTEGER = /^[+-]?(0|[1-9]\d{0,9})$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/;

export function integerOf(word: string, node: DocumentNode): number {
  const value = INTEGER.test(word) ? Number(word) : Number.NaN;
  if (value !== (value | 0))
    throw node.error(`holds ${quoted(word)}, where an integer is expected`);
  return value;
}

export function floatOf(word: string, node: DocumentNode): number {
  const value = word.length <= 64 && FLOAT.test(word) ? Math.fround(Number(word)) : Number.NaN;
  if (!Number.isFinite(value)) {
    throw node.error(`holds ${quoted(word)}, where a finite number is expected`);
  }
  return value;
}

const quoted = (word: string) => JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word);

/** The first element inside <opencv_storage>, which is where OpenCV looks for a cascade. */
export function readDocument(xml: string): DocumentNode {
  if (Buffer.byteLength(xml) > DOCUMENT_LIMITS.bytes) {
    throw new InvalidCascade(`larger than ${DOCUMENT_LIMITS.bytes} bytes`);
  }
  const storage = parse(withoutComments(xml)).children[0];
  const cascade = storage?.name === 'opencv_storage' ? storage.children[0] : undefined;
  if (!cascade) throw new InvalidCascade('no <opencv_storage> with a cascade in it');
  return cascade;
}

/** Some of OpenCV's own files have comments that XML does not allow, with hyphens in them. */
function withoutComments(xml: string): string {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const start = xml.indexOf('<!--', at);
    if (start < 0) return parts.join('') + xml.slice(at);
    const end = xml.indexOf('-->', start + 4);
    if (end < 0) throw new InvalidCascade('a comment does not end');
    parts.push(xml.slice(at, start));
    at = end + 3;
  }
}

function parse(xml: string): DocumentNode {
  const root = new DocumentNode('', 0);
  const open = [root];
  let elements = 0;
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw new InvalidCascade(`not well-formed XML: ${error.message}`);
  });
  parser.on('doctype', () => {
    throw new InvalidCascade('a document type definition is not allowed');
  });
  parser.on('opentag', ({ name }) => {
    elements++;
    if (elements > DOCUMENT_LIMITS.elements) throw new InvalidCascade('too many elements');
    if (open.length > DOCUMENT_LIMITS.depth) throw new InvalidCascade('elements too deep');
    const parent = open.at(-1) ?? root;
    if (parent.text.trim() !== '') throw parent.error('mixes values and elements');
    const node = new DocumentNode(name, parser.line);
    parent.children.push(node);
    open.push(node);
  });
  parser.on('closetag', () => open.pop());
  parser.on('text', (text) => {
    const node = open.at(-1) ?? root;
    node.text += text;
    if (node.children.length > 0 && text.trim() !== '') {
      throw node.error('mixes values and elements');
    }
  });
  parser.write(xml).close();
  return root;
}
