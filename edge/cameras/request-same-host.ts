import { CameraError } from './camera.js';

const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * A GET that follows redirects only to the same host and never from https to http, so that the
 * credentials in `headers` reach nobody else.
 */
export async function requestSameHost(
  url: URL,
  headers: Headers,
  signal: AbortSignal,
): Promise<Response> {
  let target = url;
  for (let followed = 0; ; followed++) {
    const response = await fetch(target, { headers, signal, redirect: 'manual' });
    if (!REDIRECTS.includes(response.status)) return response;
    await response.body?.cancel();
    if (followed === MAX_REDIRECTS) throw refused(`more than ${MAX_REDIRECTS} times`);
    target = nextTarget(target, response.headers.get('location'));
  }
}

function nextTarget(from: URL, location: string | null): URL {
  if (location === null || !URL.canParse(location, from.href)) throw refused('to no valid address');
  const to = new URL(location, from);
  if (to.hostname !== from.hostname) throw refused('to another host');
  if (to.protocol !== from.protocol && to.protocol !== 'https:')
    throw refused('to another protocol');
  if (to.username !== '' || to.password !== '') throw refused('to an address with credentials');
  return to;
}

const refused = (where: string) =>
  new CameraError('redirect_refused', `the camera redirected ${where}`);
