import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { projectRoot } from '../../core/runtime/project-root.js';

for (const program of ['edge', 'relay'])
  test(`the unit of the ${program} lets it list the network cards, which its certificate names, and confine its workers`, async (t) => {
    const file = join(projectRoot(), 'systemd', `siteglass-${program}.service`);
    const text = await readFile(file, 'utf8');
    const [, families = ''] = /^RestrictAddressFamilies=(.*)$/m.exec(text) ?? [];
    for (const family of ['AF_INET', 'AF_INET6', 'AF_UNIX', 'AF_NETLINK'])
      t.true(families.split(' ').includes(family), family);
    t.regex(
      text,
      /^SystemCallFilter=seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self$/m,
    );
  });
