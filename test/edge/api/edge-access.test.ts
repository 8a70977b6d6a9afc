import { request } from 'node:http';
import test from 'ava';
import type { Problem } from '../../../core/contract/problem.js';
import { ApiClient } from '../../support/api-client.js';
import { startEdge } from '../../support/edge.js';
import {
  accessRoles,
  checkRoles,
  notificationRoles,
  rolesOutsideApi,
} from '../../support/roles.js';

const IMAGE = '/api/v1/objectdetection/image';

test('each call needs its role and no more', async (t) => {
  const edge = await startEdge();
  t.teardown(edge.stop);
  await checkRoles(t, await ApiClient.connect(edge.url), edge.tokens, {
    [`post ${IMAGE}`]: 'operator',
    [`get ${IMAGE}`]: 'viewer',
    [`get ${IMAGE}/{id}`]: 'viewer',
    [`get ${IMAGE}/{id}/processed`]: 'viewer',
    [`get ${IMAGE}/{id}/thumbnail`]: 'viewer',
    [`get ${IMAGE}/{id}/detections`]: 'viewer',
    [`delete ${IMAGE}/{id}`]: 'operator',
    [`delete ${IMAGE}/{id}/processed`]: 'operator',
    'get /api/v1/objectdetection/detectors': 'viewer',
    'get /api/v1/objectdetection/detectors/{id}': 'viewer',
    'post /api/v1/objectdetection/detectors': 'admin',
    'put /api/v1/objectdetection/detectors/{id}': 'admin',
    'delete /api/v1/objectdetection/detectors/{id}': 'admin',
    'get /api/v1/cameras': 'viewer',
    'get /api/v1/cameras/{camera}': 'viewer',
    'post /api/v1/cameras/{camera}/snapshot': 'operator',
    'post /api/v1/cameras/{camera}/snapshots': 'operator',
    'put /api/v1/cameras/{camera}/snapshots': 'operator',
    'post /api/v1/cameras/{camera}/snapshots/{secret}': 'anonymous',
    'put /api/v1/cameras/{camera}/snapshots/{secret}': 'anonymous',
    'get /api/v1/setup': 'anonymous',
    'post /api/v1/setup': 'anonymous',
    'post /api/v1/config/reload': 'admin',
    'post /api/v1/cameras/{camera}/pause': 'operator',
    'post /api/v1/cameras/{camera}/resume': 'operator',
    'get /api/v1/site': 'viewer',
    'get /api/v1/sync': 'viewer',
    'get /api/v1/system': 'viewer',
    'get /api/v1/system/findings': 'admin',
    'get /api/v1/system/log': 'admin',
    'post /api/v1/system/restart': 'admin',
    'get /api/v1/system/upgrade': 'admin',
    'post /api/v1/system/upgrade': 'admin',
    'post /api/v1/system/upgrade/check': 'admin',
    'get /api/v1/detections': 'viewer',
    'get /api/v1/sightings': 'viewer',
    'get /api/v1/sightings/days': 'viewer',
    'get /api/v1/sightings/export.csv': 'viewer',
    'get /api/v1/sightings/export.coco.zip': 'viewer',
    'get /api/v1/sightings/{sighting}': 'viewer',
    'put /api/v1/sightings/{sighting}/mark': 'operator',
    'get /api/v1/totals': 'viewer',
    'get /api/v1/live': 'viewer',
    'get /api/v1/cameras/{camera}/latest.jpg': 'viewer',
    'get /api/v1/cameras/{camera}/live.mjpeg': 'viewer',
    'get /api/v1/cameras/{camera}/timelapse.mp4': 'viewer',
    'get /api/v1/events/stream': 'viewer',
    'get /api/v1/pictures/{image}/{code}': 'anonymous',
    'post /api/v1/backup': 'admin',
    'get /api/v1/enrolment': 'admin',
    'post /api/v1/enrolment': 'admin',
    'get /api/v1/config/export': 'admin',
    'post /api/v1/cameras': 'admin',
    'put /api/v1/cameras/{camera}': 'admin',
    'delete /api/v1/cameras/{camera}': 'admin',
    'get /api/v1/cameras/{camera}/settings': 'viewer',
    'get /api/v1/cameras/{camera}/zones': 'viewer',
    'post /api/v1/cameras/{camera}/zones': 'admin',
    'put /api/v1/cameras/{camera}/zones/{zone}': 'admin',
    'delete /api/v1/cameras/{camera}/zones/{zone}': 'admin',
    'get /api/v1/camera-revisions': 'admin',
    'get /api/v1/cameras/{camera}/revisions': 'admin',
    'post /api/v1/cameras/{camera}/revisions/{revision}/restore': 'admin',
    'post /api/v1/cameras/test': 'admin',
    'post /api/v1/cameras/discovery': 'admin',
    'post /api/v1/cameras/{camera}/trial': 'admin',
    'get /api/v1/cameras/{camera}/motion': 'viewer',
    ...accessRoles,
    ...notificationRoles,
    ...rolesOutsideApi('operator'),
  });
});

/** Asks with headers that fetch does not let a caller set. */
function ask(url: string, headers: Record<string, string>, method = 'GET') {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const req = request(url, { method, headers }, (res) => {
      let body = '';
      res.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, body }));
    });
    req.on('error', reject).end();
  });
}

test('without tokens on the network, a web page cannot use it in the place of a visitor', async (t) => {
  const edge = await startEdge([
    ...['http.auth=none', 'http.allowAnyoneOnTheNetwork=true'],
    ...['http.tls.names=[cameras.example.com]', 'publicUrl=https://site.example.com/x'],
  ]);
  t.teardown(edge.stop);
  const { port } = edge.http.address;
  const site = `${edge.url}/api/v1/site`;
  const own = [`192.0.2.7:${port}`, `[2001:db8::1]:${port}`, 'box', `box.local:${port}`, 'a.lan'];
  for (const host of [...own, `Cameras.Example.com:${port}`, 'site.example.com', 'localhost'])
    t.is((await ask(site, { Host: host })).status, 200, host);
  const names = ['evil.example', `192.0.2.7.nip.io:${port}`, 'box.local.evil.example', 'x.lan.com'];
  for (const host of [...names, '[::1', 'a b'])
    t.true([400, 403].includes((await ask(site, { Host: host })).status), `rebinding by ${host}`);

  const image = `${edge.url}${IMAGE}`;
  const at = (host: string, origin: string) => ({ Host: host, Origin: origin });
  for (const page of [`http://box:${port}`, 'https://cameras.example.com'])
    t.not((await ask(image, at(`box:${port}`, page), 'POST')).status, 403, page);
  const pages = ['https://evil.example', 'null', `http://box:${port + 1}`, 'http://192.0.2.8', 'x'];
  for (const page of pages)
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS'])
      t.is((await ask(image, at(`box:${port}`, page), method)).status, 403, `${method} ${page}`);
});

test('without tokens, a web page cannot reach the appliance on its own machine', async (t) => {
  const edge = await startEdge(['http.auth=none']);
  t.teardown(edge.stop);
  const { port } = edge.http.address;
  const site = `${edge.url}/api/v1/site`;
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, 'localhost'])
    t.is((await ask(site, { Host: host })).status, 200, host);
  const foreign = ['evil.example', `127.0.0.1.nip.io:${port}`, 'localhost.evil.example'];
  for (const host of foreign) {
    const { status, body } = await ask(site, { Host: host });
    t.is(status, 403, `DNS rebinding by ${host}`);
    t.is((JSON.parse(body) as Problem).code, 'forbidden');
  }

  const own = { Host: `127.0.0.1:${port}`, Origin: edge.url };
  t.is((await ask(site, own)).status, 200);
  const pages = ['https://evil.example', 'null', `http://127.0.0.1:${port + 1}`];
  for (const origin of pages)
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS'])
      t.is((await ask(`${edge.url}${IMAGE}`, { ...own, Origin: origin }, method)).status, 403);
});
