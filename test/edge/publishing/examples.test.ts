import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { commandNames } from '../../../core/contract/command.js';
import { filterFor, topicFor } from '../../../core/contract/topics.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { applianceDiscovery, cameraDiscovery } from '../../../edge/publishing/discovery-message.js';
import { ApiClient } from '../../support/api-client.js';
import { startEdge } from '../../support/edge.js';

const read = (name: string) => readFileSync(join(projectRoot(), 'docs', 'examples', name), 'utf8');

test("every entity on the example's dashboard is announced to Home Assistant", (t) => {
  const sources = {
    site: 'demo',
    root: 'siteglass',
    version: '1',
    url: undefined,
    snapshots: false,
    commands: true,
    hasRelay: true,
    hasTemperature: true,
  };
  const labels = [{ slug: 'stop-sign', label: 'stop sign' }];
  const street = { id: 'street', name: 'Street', kind: 'folder' as const, labels, zones: [] };
  const known = [applianceDiscovery(sources, {}), cameraDiscovery(sources, street, {})].flatMap(
    ({ cmps }) =>
      Object.values(cmps).map((component) =>
        'default_entity_id' in component ? component.default_entity_id : '',
      ),
  );
  const text = JSON.stringify(parse(read('home-assistant-dashboard.yaml')));
  const used = [...text.matchAll(/"((?:sensor|binary_sensor|event|image|button|switch)\.\w+)"/g)];
  t.true(used.length >= 10);
  for (const [, id = ''] of used) t.true(known.includes(id), id);
});

test("the Grafana dashboard's metrics are exported by an appliance", async (t) => {
  const edge = await startEdge([
    'lan={ embedded: { port: 0, auth: none } }',
    'mqtt={ url: "mqtt://127.0.0.1:1" }',
  ]);
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const metrics = (await api.get(t, '/metrics')).bytes.toString('utf8');
  const used =
    readFileSync(
      join(projectRoot(), 'deploy', 'monitoring', 'grafana-appliances.json'),
      'utf8',
    ).match(/\b(siteglass|process)_[a-z_]+/g) ?? [];
  t.true(used.length > 10);
  for (const name of new Set(used)) {
    const family = name.replace(/_(bucket|count)$/, '');
    t.true(metrics.includes(`# HELP ${family} `), name);
  }
});

test("the Node-RED flow's topics and commands match the topic map", (t) => {
  const nodes = JSON.parse(read('node-red-flow.json')) as Record<string, string>[];
  const topics = nodes.map(({ topic }) => topic);
  t.true(topics.includes(filterFor('siteglass', 'event')));
  t.true(topics.includes(topicFor('siteglass', 'command', { site: 'demo', camera: 'street' })));
  const sent = nodes.find(({ type }) => type === 'inject')?.payload;
  t.true(commandNames.some((command) => command === sent));
});
