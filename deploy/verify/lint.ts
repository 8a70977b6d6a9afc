import { join } from 'node:path';
import type { Verification } from './verification.js';

/** Checks alert rules and their tests, Prometheus' configuration and the manifests for Kubernetes, by their own tools. */
export async function lint({ docker, root, step }: Verification): Promise<void> {
  const run = (script: string, folder: string) =>
    docker.output([
      ...[
        'run',
        '--rm',
        '--network',
        'none',
        '--volume',
        `${join(root, 'deploy', folder)}:/work:ro`,
        '--workdir',
        '/work',
      ],
      ...['siteglass-verify-lint', 'sh', '-ec', script],
    ]);
  await step('the alert rules are valid, and each alert fires when it should (promtool)', () => {
    const secrets = ['relay-token', 'edge-token'].map((name) => `echo x > /run/secrets/${name}`);
    const output = run(
      `mkdir -p /run/secrets; ${secrets.join('; ')}
       promtool check config prometheus.yaml && promtool check rules alerts.yaml && promtool test rules alerts.test.yaml`,
      'monitoring',
    );
    return /(\d+) rules found/.exec(output)?.[0];
  });
  await step(
    'the manifests for Kubernetes are complete and valid (kubectl kustomize, schemas)',
    () =>
      run(
        'kubectl kustomize . > /tmp/all.yaml; echo --- >> /tmp/all.yaml; cat secret.example.yaml >> /tmp/all.yaml; node /srv/lint-kubernetes.mjs < /tmp/all.yaml',
        'kubernetes',
      ),
  );
}
