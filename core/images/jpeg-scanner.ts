/** Bytes before the start of a picture that are passed over, as line ends, repeated headers or a byte order mark. */
export const MAX_LEADING_BYTES = 1_024;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
/** `FF` within entropy-coded data that is no marker: a stuffed byte, and the restart markers (ITU-T T.81, B.1.1). */
const isWithinScan = (code: number) => code === 0x00 || (code >= 0xd0 && code <= 0xd7);
const hasNoLength = (code: number) => code === 0x01 || isWithinScan(code);

type State = 'start' | 'segment' | 'code' | 'length' | 'body' | 'scan' | 'scan-code' | 'end';

/**
 * Finds where a JPEG begins and ends in bytes that arrive in pieces, by its markers alone (ITU-T T.81, annex B): a
 * thumbnail within a segment does not end it. Work is linear in the bytes; nothing is kept of them.
 */
export class JpegScanner {
  #state: State = 'start';
  /** Bytes that were seen. */
  #offset = 0;
  #start: number | undefined;
  #end: number | undefined;
  /** Of `FF D8 FF`, how many bytes have matched. */
  #matched = 0;
  #code = 0;
  /** Bytes of a segment that are left to pass over, and its length while it is read. */
  #left = 0;
  #lengthBytes = 0;
  #restarts = 0;
  #steps = 0;

  /** `maxLeadingBytes`: how far into the bytes a picture may begin. */
  constructor(private readonly maxLeadingBytes = MAX_LEADING_BYTES) {}

  /** Offset of the first byte, `FF D8`; undefined until it was found. */
  get start(): number | undefined {
    return this.#start;
  }

  /** Offset behind the last byte, `FF D9`; undefined until it was found. */
  get end(): number | undefined {
    return this.#end;
  }

  /** Pictures that were cut off by the start of another one, which then counts. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Places that it looked at one by one: a picture has one for some hundred bytes, and a hostile one for each. */
  get steps(): number {
    return this.#steps;
  }

  /** Whether no picture can begin any more. */
  get isHopeless(): boolean {
    return this.#start === undefined && this.#offset - this.#matched > this.maxLeadingBytes;
  }

  push(chunk: Uint8Array): void {
    for (let i = 0; i < chunk.length && this.#state !== 'end' && !this.isHopeless; ) {
      const taken = this.#passOver(chunk, i);
      if (taken > 0) {
        this.#offset += taken;
        i += taken;
      } else {
        this.#steps++;
        this.#step(chunk[i] ?? 0);
        this.#offset++;
        i++;
      }
    }
  }

  /** How many bytes from `i` on decide nothing. */
  #passOver(chunk: Uint8Array, i: number): number {
    if (this.#state === 'body') {
      const taken = Math.min(this.#left, chunk.length - i);
      this.#left -= taken;
      if (this.#left === 0) this.#state = this.#code === SOS ? 'scan' : 'segment';
      return taken;
    }
    if (this.#state !== 'scan') return 0;
    let next = chunk.indexOf(0xff, i);
    while (next !== -1 && isWithinScan(chunk[next + 1] ?? 0xff)) {
      this.#steps++;
      next = chunk.indexOf(0xff, next + 2);
    }
    return (next === -1 ? chunk.length : next) - i;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'start':
        this.#seek(byte);
        break;
      case 'segment':
        // Between two segments decoders pass over other bytes, with a warning.
        if (byte === 0xff) this.#state = 'code';
        break;
      case 'code':
        this.#marker(byte, 'segment');
        break;
      case 'scan':
        this.#state = 'scan-code';
        break;
      case 'scan-code':
        if (isWithinScan(byte)) this.#state = 'scan';
        else this.#marker(byte, 'scan');
        break;
      case 'length':
        this.#length(byte);
        break;
    }
  }

  #seek(byte: number): void {
    const wanted = [0xff, SOI, 0xff][this.#matched];
    if (byte === wanted) this.#matched++;
    else this.#matched = byte === 0xff ? 1 : 0;
    if (this.#matched < 3) return;
    this.#start = this.#offset - 2;
    this.#state = 'code';
  }

  #marker(code: number, otherwise: State): void {
    if (code === 0xff) return;
    if (code === SOI) this.#restart();
    else if (code === EOI) {
      this.#end = this.#offset + 1;
      this.#state = 'end';
    } else if (hasNoLength(code)) this.#state = otherwise;
    else {
      this.#code = code;
      this.#left = 0;
      this.#lengthBytes = 0;
      this.#state = 'length';
    }
  }

  /** Another picture begins before this one ended. */
  #restart(): void {
    const isRepeated = this.#start !== undefined && this.#offset - 1 - this.#start === 2;
    if (!isRepeated) this.#restarts++;
    this.#start = this.#offset - 1;
    this.#state = 'segment';
  }

  #length(byte: number): void {
    this.#left = this.#left * 256 + byte;
    if (++this.#lengthBytes < 2) return;
    // The length counts its own two bytes; a smaller one is none.
    this.#left = Math.max(0, this.#left - 2);
    this.#state = this.#left > 0 ? 'body' : this.#code === SOS ? 'scan' : 'segment';
  }
}
