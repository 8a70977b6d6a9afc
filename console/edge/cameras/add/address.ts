import type { CameraKind } from '../../../../core/contract/camera-settings.js';

export interface Address {
  kind: Extract<CameraKind, 'http' | 'mjpeg' | 'rtsp'>;
  url: string;
  username?: string;
  password?: string;
}

/** Paths under which cameras serve streams of JPEGs. */
const MJPEG = /mjpe?g|video\.cgi|videostream|faststream|[?&](action|cmd)=stream/i;
const MAX_ID_LENGTH = 63;

/** What a pasted address is: its kind, and the account that it may name, which belongs into fields of its own. */
export function readAddress(text: string): Address {
  const trimmed = text.trim();
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  if (trimmed === '' || !URL.canParse(whole)) return { kind: 'http', url: trimmed };
  const parsed = new URL(whole);
  const { username, password } = parsed;
  const kind = /^rtsps?:$/i.test(parsed.protocol) ? 'rtsp' : MJPEG.test(whole) ? 'mjpeg' : 'http';
  if (username === '' && password === '') return { kind, url: whole };
  parsed.username = '';
  parsed.password = '';
  return {
    kind,
    url: parsed.href,
    username: decoded(username),
    password: decoded(password),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An id in the form that the program takes, made of a name: "Gate Süd" becomes gate-sud. Each is different from `taken`. */
export function idFrom(name: string, taken: readonly string[]): string {
  const base =
    name
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, MAX_ID_LENGTH - 4) || 'camera';
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(id)) return id;
  }
}

/** The host of an address, to name a camera by. */
export const hostOf = (url: string): string =>
  URL.canParse(url) ? new URL(url.replace(/^rtsp:/, 'http:')).hostname : '';
