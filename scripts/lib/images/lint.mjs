import { join } from 'node:path';

/** Alert rules and their tests, Prometheus' configuration, and the manifests for Kubernetes, by those programs' own tools. */
export async function lint({ docker, root, step }) {
  const run = (script, folder, ...options) =>
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
      ...options,
      ...['siteglass-verify-lint', 'sh', '-ec', script],
    ]);
  await step('the alert rules are good, and each alert fires when it should (promtool)', () => {
    const secrets = ['relay-token', 'edge-token'].map((name) => `echo x > /run/secrets/${name}`);
    const said = run(
      `mkdir -p /run/secrets; ${secrets.join('; ')}
       promtool check config prometheus.yaml && promtool check rules alerts.yaml && promtool test rules alerts.test.yaml`,
      'monitoring',
    );
    return /(\d+) rules found/.exec(said)?.[0];
  });
  await step(
    'the manifests for Kubernetes fit together and are valid (kubectl kustomize, schemas)',
    () =>
      run(
        'kubectl kustomize . > /tmp/all.yaml; echo --- >> /tmp/all.yaml; cat secret.example.yaml >> /tmp/all.yaml; node /srv/lint-kubernetes.mjs < /tmp/all.yaml',
        'kubernetes',
      ),
  );
}
