import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { fuzzApi } from './api-fuzz/fuzz-api.js';

const document = {
  openapi: '3.1.0',
  paths: {
    '/thing/{id}': {
      get: {
        operationId: 'get',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 9 } },
        ],
        responses: {
          200: {
            content: {
              'application/json': {
                schema: { type: 'object', properties: { n: { type: 'integer' } } },
              },
            },
          },
          400: {},
        },
      },
    },
  },
  components: { schemas: {} },
};

/** What a server is found at that answers each call in one way. */
async function foundAt(t: ExecutionContext, answer: (response: ServerResponse) => void) {
  const targets: string[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/openapi.json') {
      response.end(JSON.stringify(document));
      return;
    }
    targets.push(request.url ?? '');
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { url, calls: 60, seed: 7, credentials: [''], image: () => Buffer.of(1) };
  return { report: await fuzzApi(options), targets };
}

const json = (status: number, body: unknown) => (response: ServerResponse) =>
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));

test('an API that keeps to its document has no faults', async (t) => {
  const { report, targets } = await foundAt(t, json(200, { n: 1 }));
  t.deepEqual(report.faults, []);
  t.is(report.calls, 60);
  t.deepEqual([...report.succeeded], ['get /thing/{id}']);
  t.true(targets.some((target) => /limit=[1-9]$/.test(target)));
  t.true(targets.some((target) => /limit=(0|10|.*[^\d].*)$/.test(target)));
});

test('an undocumented status or body, a failure and a broken connection are found', async (t) => {
  const cases: [(response: ServerResponse) => void, RegExp][] = [
    [json(418, {}), /get \/thing\/\{id\} answered 418, which it does not document/],
    [json(200, { n: 'one' }), /get \/thing\/\{id\} 200: .*must be integer/],
    [json(500, {}), /^500/],
    [(response) => response.destroy(), /^no answer/],
    [(response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end(), /text\/html/],
  ];
  for (const [answer, expected] of cases) {
    const { faults } = (await foundAt(t, answer)).report;
    t.true(faults.length > 0);
    t.regex(faults[0] ?? '', expected);
    t.regex(faults[0] ?? '', /\n {2}[A-Z]+ \/thing\//);
  }
});

test('the same seed gives the same calls', async (t) => {
  const first = await foundAt(t, json(200, { n: 1 }));
  const second = await foundAt(t, json(200, { n: 1 }));
  t.deepEqual(second.targets.sort(), first.targets.sort());
});
