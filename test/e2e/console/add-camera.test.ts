import test from 'ava';
import { squares } from '../../core/detection/onnx-setup.js';
import { challenge, picture, startCameraServer } from '../../edge/support/camera-server.js';
import { startOnvifDevice } from '../../edge/support/onvif-device.js';
import { file, startFileServer } from '../../fakes/file-server.js';
import { consoleEdge } from '../../support/console-edge.js';
import { seriousFindings } from '../../support/console-page.js';
import { eventually } from '../../support/eventually.js';
import { listedSquares, manifestWith } from '../../support/model-manifest.js';
import { renderScene } from '../../support/render-scene.js';
import { squareModel } from '../../support/square-model.js';
import { measure } from '../../support/task-meter.js';

const scene = async () =>
  (
    await renderScene({
      width: 640,
      height: 360,
      seed: 1,
      signs: [{ cx: 200, cy: 150, size: 110 }],
    })
  ).jpeg;

test.serial('a camera is added by its address: what is wrong is said, then it finds', async (t) => {
  const camera = await startCameraServer(t, challenge('Basic realm="camera"'));
  const { page, edge, complaints } = await consoleEdge(t);
  await page.getByText('There are no cameras yet').waitFor();
  await measure(t, page, 'add a camera by address', async () => {
    await page.getByRole('link', { name: 'Add a camera' }).click();
    await page
      .getByLabel('Address', { exact: true })
      .fill(camera.url.replace('http://', 'http://viewer:s3cret%21@'));
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText('What to do:').waitFor();
    t.is(await page.getByLabel('User name').inputValue(), 'viewer', 'not in the address');
    t.is(await page.getByLabel('Password').inputValue(), 's3cret!');
    t.is(await page.getByLabel('Address', { exact: true }).inputValue(), camera.url);
    t.deepEqual(await seriousFindings(page), []);

    camera.answer(picture(await scene()));
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText('Found in it: 1 stop sign.').waitFor();
    await page.getByRole('checkbox', { name: 'stop sign' }).check();
    await page.getByLabel('Name', { exact: true }).fill('Gate Süd');
    t.is(await page.getByLabel('Id', { exact: true }).getAttribute('placeholder'), 'gate-sud');
    await page.getByRole('button', { name: 'Add the camera' }).click();
    await page.getByRole('heading', { name: 'Gate Süd' }).waitFor();
    await page.getByText('Online').waitFor();
  });
  t.is(edge.cameras.statuses()[0]?.id, 'gate-sud');
  t.deepEqual(await seriousFindings(page), []);
  t.deepEqual(complaints, []);

  await page.goto(`${edge.url}/cameras/new`);
  await page.getByLabel('Name', { exact: true }).fill('Gate Süd');
  await page.getByLabel('Address', { exact: true }).fill('ftp://192.0.2.1/a.jpg');
  t.is(await page.getByLabel('Id', { exact: true }).getAttribute('placeholder'), 'gate-sud-2');
  await page.getByRole('button', { name: 'Add the camera' }).click();
  const fault = page.getByText('expected an http:// or https:// URL').first();
  await fault.waitFor();
  t.is(await page.getByLabel('Address', { exact: true }).getAttribute('aria-invalid'), 'true');
});

test.serial('a camera that the network announces is added with a click', async (t) => {
  const camera = await startCameraServer(t, picture(await scene()));
  await startOnvifDevice(t, { snapshotUrl: camera.url });
  const { page, edge, complaints } = await consoleEdge(t, {
    settings: ['discovery.interface=lo', 'discovery.timeoutSeconds=1'],
  });
  await measure(t, page, 'add a camera by discovery', async () => {
    await page.getByRole('link', { name: 'Add a camera' }).click();
    await page.getByLabel('User name').fill('viewer');
    await page.getByLabel('Password').fill('s3cret');
    await page.getByRole('button', { name: 'Search the network' }).click();
    await page.getByRole('button', { name: 'Use the snapshot of 127.0.0.1' }).click();
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText('Found in it: 1 stop sign.').waitFor();
    await page.getByRole('button', { name: 'Add the camera' }).click();
    await page.getByText('Online').waitFor();
  });
  t.deepEqual(
    edge.cameras.statuses().map(({ id, kind }) => [id, kind]),
    [['127-0-0-1', 'http']],
  );
  t.deepEqual(complaints, []);
});

test.serial('a camera that uploads gets an address and a line to try', async (t) => {
  const { page, edge, complaints } = await consoleEdge(t);
  await page.getByRole('link', { name: 'Add a camera' }).click();
  await page.getByLabel('The camera uploads').check();
  await page.getByLabel('Id', { exact: true }).fill('mast');
  const line = await page.getByText(/^curl /).innerText();
  const secret = /Bearer (\w+)/.exec(line)?.[1];
  t.true(line.includes(`${edge.url}/api/v1/cameras/mast/snapshots`), line);
  t.deepEqual(await seriousFindings(page), []);
  await page.getByRole('button', { name: 'Add the camera' }).click();
  await page.getByRole('heading', { name: 'mast' }).waitFor();
  const upload = await fetch(`${edge.url}/api/v1/cameras/mast/snapshots`, {
    method: 'POST',
    body: new Uint8Array(await scene()),
    headers: { Authorization: `Bearer ${secret}` },
  });
  t.is(upload.status, 200);
  await eventually(() => edge.cameras.status('mast').state === 'online');
  t.deepEqual(complaints, []);
});

test.serial('what a camera should find chooses its model, which is downloaded first', async (t) => {
  const model = squareModel(64);
  const server = await startFileServer(t, file({ content: model }));
  const manifest = await manifestWith(t, [
    listedSquares('squares', model, `${server.url}/squares.onnx`),
  ]);
  const camera = await startCameraServer(
    t,
    picture(await squares(64, 64, { left: 10, top: 20, width: 30, height: 20 }).jpeg().toBuffer()),
  );
  const { page, edge, complaints } = await consoleEdge(t, { manifest, path: '/cameras/new' });
  await page.getByLabel('Address', { exact: true }).fill(camera.url);
  await page.getByRole('checkbox', { name: 'red' }).check();
  await page.getByText('squares must be downloaded first').waitFor();
  await page.getByRole('button', { name: 'Test' }).click();
  await page.getByText('The picture has 64 × 64 pixels').waitFor();
  t.deepEqual(await seriousFindings(page), []);
  await page.getByRole('button', { name: 'Download squares' }).click();
  await page.getByText('squares must be downloaded first').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Test' }).click();
  await page.getByText('Found in it: 1 red.').waitFor();
  await page.getByRole('button', { name: 'Add the camera' }).click();
  await page.getByText('Online').waitFor();
  t.deepEqual(edge.cameras.statuses().length, 1);
  t.deepEqual(complaints, []);
});
