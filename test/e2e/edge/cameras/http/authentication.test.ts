import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { HttpCamera } from '../../../../../edge/cameras/sources/http-camera.js';
import { httpConfig } from '../../../../edge/support/cameras.js';
import { startApache, startNginx } from '../../../../edge/support/peers.js';

const PICTURE = Buffer.from('a picture');
const auth = { username: 'admin', password: 'hunter2' };
const patient = () => AbortSignal.timeout(30_000);

function cameraAt(t: ExecutionContext, url: string, more: Record<string, unknown>) {
  const camera = new HttpCamera(httpConfig(url, { timeoutSeconds: 10, ...more }), Date.now);
  t.teardown(() => camera.close());
  return camera;
}

test('a camera behind Apache with digest authentication returns its image, even with a stale nonce', async (t) => {
  const { url } = await startApache(t, PICTURE);
  const camera = cameraAt(t, url, { auth });
  t.deepEqual((await camera.take(patient()))?.bytes, PICTURE);
  t.deepEqual((await camera.take(patient()))?.bytes, PICTURE);
  await sleep(2100);
  t.deepEqual((await camera.take(patient()))?.bytes, PICTURE);
});

test('Apache rejects a wrong password, and the error shows only that', async (t) => {
  const { url } = await startApache(t, PICTURE);
  const camera = cameraAt(t, url, { auth: { ...auth, password: 'hunter3' } });
  await t.throwsAsync(camera.take(patient()), {
    code: 'bad_status',
    message: 'the camera rejected the user name or password (HTTP 401)',
  });
});

test('a camera behind nginx is identified by the fingerprint of its self-signed certificate', async (t) => {
  const { url, fingerprint } = await startNginx(t, PICTURE);
  const plain = fingerprint.replaceAll(':', '').toLowerCase();
  for (const known of [fingerprint, plain]) {
    const camera = cameraAt(t, url, { auth, fingerprint: known });
    t.deepEqual((await camera.take(patient()))?.bytes, PICTURE);
    t.deepEqual((await camera.take(patient()))?.bytes, PICTURE);
  }
});

test('a camera with another certificate, or with an untrusted one, is rejected', async (t) => {
  const { url, fingerprint } = await startNginx(t, PICTURE);
  const other = fingerprint.startsWith('00') ? 'ff' : '00';
  const impostor = cameraAt(t, url, { auth, fingerprint: other + fingerprint.slice(2) });
  await t.throwsAsync(impostor.take(patient()), {
    code: 'wrong_certificate',
    message: 'the certificate of the camera does not match its fingerprint setting',
  });
  await t.throwsAsync(cameraAt(t, url, { auth }).take(patient()), {
    message: 'the camera is unreachable (DEPTH_ZERO_SELF_SIGNED_CERT)',
  });
});
