import type { TlsOptions } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { HttpCamera } from '../../../../edge/cameras/sources/http-camera.js';
import { rawServer } from '../../../fakes/raw-server.js';
import { makeOldCertificate, tlsCamera } from '../../../fakes/tls-camera.js';
import { httpConfig } from '../../support/cameras.js';

const PICTURE = Buffer.from('ffd8fffe0004abcdffda0003aa11ffd9', 'hex');
const patient = () => AbortSignal.timeout(30_000);
/** What old firmware speaks. */
const OLD: Record<string, TlsOptions> = {
  'TLS 1.0': { minVersion: 'TLSv1', maxVersion: 'TLSv1' },
  'TLS 1.1': { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' },
};

function cameraAt(t: ExecutionContext, url: string, more: Record<string, unknown>) {
  const camera = new HttpCamera(httpConfig(url, more), Date.now);
  t.teardown(() => camera.close());
  return camera;
}

for (const [name, options] of Object.entries(OLD))
  test(`a camera that speaks ${name} only is taken with oldTls; without it the error says what to set`, async (t) => {
    const { fingerprint, ...certificate } = await makeOldCertificate(t);
    const { url, seen } = await tlsCamera(t, PICTURE, { ...certificate, ...options });
    const old = cameraAt(t, url, { fingerprint, oldTls: true });
    t.deepEqual((await old.take(patient()))?.bytes, PICTURE);
    await t.throwsAsync(cameraAt(t, url, { fingerprint }).take(patient()), {
      code: 'old_tls',
      message: `the camera speaks ${name} only; set oldTls: true`,
    });
    await t.throwsAsync(cameraAt(t, url, {}).take(patient()), {
      code: 'old_tls',
      message: `the camera speaks ${name} only; set fingerprint and oldTls: true`,
    });
    t.is(seen.requests, 1, 'nothing is sent while finding out');
  });

test('an old certificate alone needs no oldTls: its fingerprint is what counts', async (t) => {
  const { fingerprint, ...certificate } = await makeOldCertificate(t);
  const { url } = await tlsCamera(t, PICTURE, certificate);
  t.deepEqual((await cameraAt(t, url, { fingerprint }).take(patient()))?.bytes, PICTURE);
});

test('oldTls accepts no other certificate, and nothing is sent to its holder', async (t) => {
  const { fingerprint, ...certificate } = await makeOldCertificate(t);
  const { url, seen } = await tlsCamera(t, PICTURE, { ...certificate, ...OLD['TLS 1.0'] });
  const other = (fingerprint.startsWith('00') ? 'ff' : '00') + fingerprint.slice(2);
  const camera = cameraAt(t, url, { fingerprint: other, oldTls: true });
  await t.throwsAsync(camera.take(patient()), { code: 'wrong_certificate' });
  t.is(seen.requests, 0);
});

test('a server that does not speak TLS is not called old', async (t) => {
  const { url } = await rawServer(t, () => ['HTTP/1.1 400 Bad Request\r\n\r\n']);
  const camera = cameraAt(t, url.replace('http:', 'https:'), { timeoutSeconds: 1 });
  const error = await t.throwsAsync(camera.take(patient()));
  t.notRegex(error.message, /speaks/);
});
