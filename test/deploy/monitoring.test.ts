import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';
import { ApiClient } from '../support/api-client.js';
import { startEdge } from '../support/edge.js';
import { startRelay } from '../support/relay.js';

const folder = join(projectRoot(), 'deploy', 'monitoring');

/** The metrics that a running program has, by family. */
async function metricsOf(t: ExecutionContext, program: { url: string; adminToken: string }) {
  const api = await ApiClient.connect(program.url, program.adminToken);
  const text = (await api.get(t, '/metrics')).bytes.toString('utf8');
  return new Set([...text.matchAll(/^# HELP (\S+) /gm)].map(([, name]) => name));
}

test('the metrics in the alert rules and dashboards are exported by the programs', async (t) => {
  const edge = await startEdge(['lan={ embedded: { port: 0, auth: none } }']);
  t.teardown(edge.stop);
  const relay = await startRelay();
  t.teardown(relay.stop);
  const known = new Set([...(await metricsOf(t, edge)), ...(await metricsOf(t, relay))]);
  for (const file of readdirSync(folder)) {
    const text = readFileSync(join(folder, file), 'utf8');
    const used = text.match(/\b(siteglass|process|nodejs)_[a-z_]+/g) ?? [];
    if (file !== 'prometheus.yaml') t.true(used.length > 10, file);
    for (const name of new Set(used)) {
      const family = name.replace(/_(bucket|count|sum)$/, '');
      t.true(known.has(name) || known.has(family), `${file}: ${name}`);
    }
  }
});
