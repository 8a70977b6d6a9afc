import test from 'ava';
import { matchesFilter, namesIn } from '../../../../core/contract/topics.js';
import { mayPublish, maySubscribe } from '../../../../core/messaging/access-rules.js';
import { parseChallenges } from '../../../../edge/cameras/http/challenges.js';
import { digestFault } from '../../../../edge/cameras/http/digest-authorization.js';
import { firstJpeg } from '../../../../edge/cameras/http/first-jpeg.js';
import { bodyDecoder } from '../../../../edge/cameras/http/response-body.js';
import { ResponseHeadReader } from '../../../../edge/cameras/http/response-head.js';
import { devicesIn } from '../../../../edge/onvif/discover-devices.js';
import { HOSTILE_TEXTS, superlinear } from '../../../support/hostile-text.js';

const body = (text: string) => Buffer.from(text, 'latin1');
const shapes = {
  ...HOSTILE_TEXTS,
  'line ends': (n: number) => `${'\r'.repeat(n - 1)}x`,
  'folded lines': (n: number) => '\r\n x'.repeat(n / 4),
  elements: (n: number) => '<XAddrs '.repeat(n / 8),
  levels: (n: number) => '/'.repeat(n),
};

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const JPEG = Buffer.from('ffd8ffd9', 'hex');
const HEAD = 'HTTP/1.1 200 OK\r\n';

/** What reads text of a camera or of a broker's client, and the longest text that it takes. */
const READERS: Record<string, [length: number, read: (text: string) => unknown]> = {
  'a challenge': [8_000, (text) => parseChallenges([text]).map(digestFault)],
  'parameters of a challenge': [8_000, (text) => parseChallenges([`Digest qop=${text}`])],
  'many challenges': [
    400_000,
    (text) => parseChallenges(text.match(/.{1,100}/gs) ?? []).map(digestFault),
  ],
  'the head of a response': [
    65_000,
    (text) => new ResponseHeadReader().push(body(`${HEAD}A: ${text}\r\n\r\n`)),
  ],
  'lines of a head': [65_000, (text) => new ResponseHeadReader().push(body(`${HEAD}${text}\n\n`))],
  'a head in single bytes': [
    65_000,
    (text) => {
      const reader = new ResponseHeadReader();
      for (const byte of body(`${HEAD}A: ${text}`)) reader.push(Buffer.of(byte));
    },
  ],
  'a chunked body': [
    400_000,
    (text) => {
      const headers = new Map([['transfer-encoding', ['chunked']]]);
      const decoder = bodyDecoder({ status: 200, headers, isClean: true });
      for (let at = 0; at < text.length; at += 10) decoder.push(body(text.slice(at, at + 10)));
    },
  ],
  'what follows a picture': [
    400_000,
    (text) => firstJpeg(pieces(Buffer.concat([JPEG, body(text)]), 65_536), 1e6, 'frame'),
  ],
  'a stream before its picture': [
    400_000,
    (text) => firstJpeg(pieces(Buffer.concat([body(text), JPEG]), 100), 1e6, text.slice(0, 70)),
  ],
  'a response to discovery': [
    65_000,
    (text) => devicesIn({ host: '192.0.2.1', text: `<d:ProbeMatch>${text}` }),
  ],
  'a topic': [
    400_000,
    (text) => {
      namesIn('siteglass', 'cameraState', `siteglass/${text}`);
      matchesFilter(`siteglass/${text}`, `siteglass/${text}`);
      mayPublish({ role: 'site', site: 'depot' }, 'siteglass', `siteglass/depot/${text}`);
      maySubscribe({ role: 'site', site: 'depot' }, 'siteglass', `siteglass/depot/${text}`);
    },
  ],
};

for (const [name, [length, read]] of Object.entries(READERS))
  test.serial(`the work for ${name} grows no faster than its length`, async (t) => {
    for (const [shape, text] of Object.entries(shapes)) {
      const work = async (long: string) => {
        try {
          await read(long);
        } catch {
          // A refusal is an answer, too.
        }
      };
      const fault = await superlinear(work, text, length);
      t.is(fault, undefined, `${shape}: ${fault}`);
    }
  });
