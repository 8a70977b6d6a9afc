import test from 'ava';
import { runEdgeWithSecrets } from '../../../support/edge-with-secrets.js';
import { renderScene } from '../../../support/render-scene.js';

test('a key in a form is never logged, nor one in a form that cannot be read', async (t) => {
  const { url, admin, unknown, endWithoutTraces } = await runEdgeWithSecrets(t);
  const { jpeg } = await renderScene({ width: 320, height: 180, seed: 1, signs: [] });
  const statuses = new Set<number>();
  for (const key of [admin, unknown]) {
    const form = new FormData();
    form.append('api_key', key);
    form.append('image', new Blob([new Uint8Array(jpeg)]), 'a.jpg');
    const bodies: [type: string | undefined, body: FormData | string][] = [
      [undefined, form],
      ['application/x-www-form-urlencoded', `api_key=${key}&image=no!`],
      ['application/json', `{"api_key":"${key}",`],
      ['application/json', JSON.stringify({ api_key: key, min_confidence: key })],
      ['multipart/form-data; boundary=b', `--b\r\nname="api_key"\r\n\r\n${key}`],
      ['text/plain', `api_key=${key}`],
    ];
    for (const path of ['detection', 'custom/list', 'custom/nothing'])
      for (const [type, body] of bodies) {
        const headers = { ...(type && { 'Content-Type': type }) };
        const response = await fetch(`${url}/v1/vision/${path}`, { method: 'POST', headers, body });
        statuses.add(response.status);
        t.false((await response.text()).includes(key), 'nor does the answer have it');
      }
  }
  t.true(statuses.has(200) && statuses.has(400) && statuses.has(401));
  await endWithoutTraces();
});
