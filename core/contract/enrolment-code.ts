import { crc32 } from './crc32.js';

/**
 * A code that an appliance enrols with: where its relay is, the fingerprint by which it knows the relay, and a secret that
 * is good once. Letters and digits that are not mistaken for each other (Crockford's base 32), in groups of five. A
 * CRC-32 finds every single wrong character.
 */
export interface EnrolmentCode {
  /** Host and port; always HTTPS. */
  address: string;
  /** SHA-256 of the relay's certificate, or of the authority that signed it. */
  fingerprint: Uint8Array;
  secret: Uint8Array;
}

export const FINGERPRINT_BYTES = 32;
/** 120 random bits. */
export const SECRET_BYTES = 15;

const PREFIX = 'SG1';
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUP = 5;
const CHECK_BYTES = 4;
const MAX_ADDRESS_BYTES = 255;
const MAX_TEXT = 2_000;

export function encodeEnrolmentCode({ address, fingerprint, secret }: EnrolmentCode): string {
  const content = [...fingerprint, ...secret, ...new TextEncoder().encode(address)];
  const text = base32([...content, ...checkOf(content)]);
  const groups = text.match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? [];
  return [PREFIX, ...groups].join('-');
}

/** The code in a text, or why it is none. Case, spaces and dashes do not matter; O is read as 0, I and L as 1. */
export function decodeEnrolmentCode(text: string): EnrolmentCode | { fault: string } {
  if (text.length > MAX_TEXT) return { fault: 'it is too long for a code' };
  const plain = text.toUpperCase().replace(/[\s-]/g, '');
  if (!plain.startsWith(PREFIX)) return { fault: `a code begins with ${PREFIX}` };
  const letters = plain.slice(PREFIX.length).replaceAll('O', '0').replace(/[IL]/g, '1');
  const wrong = [...letters].find((letter) => !ALPHABET.includes(letter));
  if (wrong) return { fault: `a code has no ${JSON.stringify(wrong)}` };
  const bytes = bytesOf(letters);
  const content = bytes.slice(0, -CHECK_BYTES);
  const addressBytes = content.length - FINGERPRINT_BYTES - SECRET_BYTES;
  if (addressBytes < 1) return { fault: 'a part of it is missing' };
  if (checkOf(content).some((byte, i) => byte !== bytes[content.length + i]))
    return { fault: 'it has a typo, or a part of it is missing' };
  const address = new TextDecoder().decode(Uint8Array.from(content.slice(-addressBytes)));
  if (addressBytes > MAX_ADDRESS_BYTES || !isAddress(address))
    return { fault: 'its address is invalid' };
  return {
    address,
    fingerprint: Uint8Array.from(content.slice(0, FINGERPRINT_BYTES)),
    secret: Uint8Array.from(content.slice(FINGERPRINT_BYTES, -addressBytes)),
  };
}

/** A host with a port, nothing else: no user, no path. */
function isAddress(address: string): boolean {
  if (!/^[\w.:[\]-]+$/.test(address)) return false;
  return URL.canParse(`https://${address}`) && new URL(`https://${address}`).pathname === '/';
}

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

function checkOf(content: number[]): number[] {
  const sum = Number.parseInt(crc32(hexOf(Uint8Array.from(content))), 16);
  return [sum >>> 24, sum >>> 16, sum >>> 8, sum].map((byte) => byte & 0xff);
}

function base32(bytes: number[]): string {
  let text = '';
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}

/** Bits that do not fill a byte are the padding of the last letter. */
function bytesOf(letters: string): number[] {
  const bytes: number[] = [];
  let value = 0;
  let bits = 0;
  for (const letter of letters) {
    value = ((value << 5) | ALPHABET.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  return bytes;
}
