import { type Checks, expect } from './checklist.js';
import type { InstalledProgram } from './installed-program.js';

/** Cameras that fill the outbox, one that needs OpenCV, and a broker that cannot be reached: nothing listens on port 9. */
const CONFIGURATION = `dataFolder: /var/lib/siteglass-edge
site: verified
http: { host: 0.0.0.0 }
mqtt: { url: mqtt://127.0.0.1:9 }
cameras:
  - { id: one, kind: folder, path: /srv/samples, loop: true, schedule: '* * * * * *' }
  - { id: two, kind: folder, path: /srv/samples, loop: true, schedule: '* * * * * *' }
  - { id: gate, kind: rtsp, url: 'rtsp://127.0.0.1:9/1', schedule: '0 0 1 1 *' }
`;
/** Summaries that the outbox holds before the upgrade. */
const WAITING = 60;
const INSTALL = 'OpenCV is not installed; to install it: sudo apt install siteglass-opencv';
const STATE = '/var/lib/siteglass-edge';

interface Outbox {
  epoch: string;
  count: number;
  /** The highest seq. */
  last: number;
  digest: string;
  /** Places where seq does not rise by one. */
  holes: number;
}

/** The checks of siteglass-edge; its packages are /root/previous.deb, edge.deb and broken.deb. */
export function applianceChecks(edge: InstalledProgram): Checks {
  const { machine } = edge;
  const at = { previous: '', next: '', outbox: noOutbox };
  const outbox = (upTo = Number.MAX_SAFE_INTEGER) => edge.query<Outbox>(waiting(upTo));
  /** Throws if a summary that waited before is missing or changed. */
  const kept = () => {
    const now = outbox(at.outbox.last);
    expect(now.digest === at.outbox.digest, JSON.stringify(at.outbox), JSON.stringify(now));
    return `${now.count} summaries as they were`;
  };
  return {
    'install the previous commit': async () => {
      const output = edge.install('/root/previous.deb');
      const last = output.trim().split('\n').at(-1) ?? '';
      expect(
        /open https?:\S+ in a browser(; the first token: | and enter the code )/.test(last),
        'the address, and the token or the code, as the last line',
        last,
      );
      expect(edge.show('ActiveState') === 'active', 'a running service', edge.show('ActiveState'));
      await edge.untilReady();
      at.previous = edge.version();
      const [, space = '?'] = /After this operation, (\S+ \S+) of/.exec(output) ?? [];
      return `${at.previous}, ${space} with its dependencies; “${last}”`;
    },
    detect: () => edge.detect(),
    'memory after a first detection': () => edge.memory(),
    'commands, manual pages, completion': () => {
      const version = machine.run('siteglass-edge --version');
      machine.run(
        'test -s /usr/share/man/man1/siteglass-edge.1.gz -a -s /usr/share/man/man8/siteglass-edge-rollback.8.gz',
      );
      const completed = machine.run(
        `bash -c '. /usr/share/bash-completion/completions/siteglass-edge; COMP_WORDS=(siteglass-edge out); COMP_CWORD=1; _siteglass_edge; echo "$COMPREPLY"'`,
      );
      expect(completed === 'outbox', 'outbox', completed);
      return version;
    },
    'fill the outbox': async () => {
      machine.run('cat > /etc/siteglass/edge.yaml && systemctl restart siteglass-edge', {
        input: CONFIGURATION,
      });
      const more = `siteglass-edge outbox | awk '$1 == "waiting" && $2 >= ${WAITING} { found = 1 } END { exit !found }'`;
      const seconds = await machine.until(more, `${WAITING} summaries in the outbox`, 300_000);
      at.outbox = outbox();
      return `${at.outbox.count} summaries in ${Math.round(seconds)} s, no broker reachable`;
    },
    'upgrade from the previous commit': async () => {
      at.outbox = outbox();
      const output = edge.install('/root/edge.deb');
      expect(
        /running\. If something is wrong: siteglass-edge-rollback$/.test(output),
        'the command that rolls back',
        output.slice(-300),
      );
      expect(
        output.includes(`siteglass-edge: camera gate: ${INSTALL}`),
        'a line about the camera that needs OpenCV',
        output.slice(-600),
      );
      await edge.untilReady();
      at.next = edge.version();
      const since = (state: string) => Number(edge.show(`${state}TimestampMonotonic`));
      const seconds = (since('ActiveEnter') - since('InactiveEnter')) / 1e6;
      return `${at.previous} to ${at.next}, ${seconds.toFixed(1)} s without service`;
    },
    'outbox after the upgrade': async () => {
      const seen = kept();
      await machine.until(
        `test $(siteglass-edge outbox | awk '$1 == "waiting" { print $2 }') -gt ${outbox().count}`,
        'a growing outbox',
      );
      const now = outbox();
      expect(now.holes === 0, 'no hole', `${now.holes} holes`);
      expect(now.epoch === at.outbox.epoch, at.outbox.epoch, now.epoch);
      return `${seen}, the same epoch, ${now.count - at.outbox.count} more without a hole`;
    },
    'detect after the upgrade': () => edge.detect(),
    'remove the libraries that nothing needs': () => {
      const output = machine.run('DEBIAN_FRONTEND=noninteractive apt-get autoremove --yes 2>&1');
      return `${/(\d+) to remove/.exec(output)?.[1] ?? 'no'} packages removed; ${edge.detect()}`;
    },
    'roll back to the previous commit': async () => {
      machine.run('siteglass-edge-rollback --yes 2>&1');
      expect(edge.version() === at.previous, at.previous, edge.version());
      await edge.untilReady();
      return `${at.previous} runs, ${kept()}, ${edge.detect()}`;
    },
    'upgrade again': async () => {
      edge.install('/root/edge.deb');
      await edge.untilReady();
      return `${kept()}, ${edge.detect()}`;
    },
    watchdog: async () => {
      const main = edge.show('MainPID');
      const restarts = Number(edge.show('NRestarts'));
      machine.run(`kill -USR1 ${main}`);
      await machine.until(
        'curl --silent --fail --output /dev/null http://127.0.0.1:9229/json/list',
        'the debugger listens',
      );
      machine.run(`cd /usr/lib/siteglass-edge && node --input-type=commonjs -`, { input: BLOCK });
      expect(
        machine.try(`curl --silent --max-time 5 ${edge.url}/healthz`).status === 28,
        'no answer',
        'one',
      );
      const script = `test $(systemctl show --value --property=NRestarts siteglass-edge) -gt ${restarts}`;
      const seconds = await machine.until(script, 'it is restarted', 180_000);
      await edge.untilReady();
      const said = machine.run(
        `journalctl --unit siteglass-edge --grep 'Watchdog timeout' --lines 1 --output cat`,
      );
      return `${said.split('\n').at(-1)}; answers again, restarted after ${Math.round(seconds)} s`;
    },
    'a broken upgrade': () => {
      at.outbox = outbox();
      const output = edge.install('/root/broken.deb');
      const tail = output.trim().split('\n').slice(-2).join(' ');
      expect(tail.includes('siteglass-edge-rollback'), 'the command that rolls back', tail);
      expect(edge.show('ActiveState') !== 'active', 'a stopped service', 'a running one');
      return `“${tail}”`;
    },
    'roll back': async () => {
      const said = machine.run('siteglass-edge-rollback --yes');
      expect(
        said.includes('before its schema was changed'),
        'the database to be restored too',
        said,
      );
      expect(edge.version() === at.next, at.next, edge.version());
      await edge.untilReady();
      return `${at.next} runs, ${kept()}, ${edge.detect()}`;
    },
    'the configuration stays as the operator wrote it': () => {
      const found = machine.run('cat /etc/siteglass/edge.yaml');
      expect(found === CONFIGURATION.trim(), 'the text that was written', found);
      return 'unchanged by upgrade and rollback';
    },
    'back up and restore': async () => {
      at.outbox = outbox();
      machine.run(BACK_UP);
      machine.run('DEBIAN_FRONTEND=noninteractive apt-get purge --yes siteglass-edge 2>&1');
      edge.install('/root/edge.deb');
      machine.run(RESTORE);
      await edge.untilReady();
      return `onto a new installation: ${kept()}, ${edge.detect()} with the old token`;
    },
    remove: () => {
      machine.run('DEBIAN_FRONTEND=noninteractive apt-get remove --yes siteglass-edge 2>&1');
      expect(
        machine.try('systemctl is-active siteglass-edge').output.trim() !== 'active',
        'no service',
        'one',
      );
      expect(machine.try('test -e /usr/lib/siteglass-edge').status !== 0, 'no program', 'one');
      machine.run(
        `test -s ${STATE}/edge.db -a -s ${STATE}/admin-token -a -s /etc/siteglass/edge.yaml`,
      );
      return 'database, images, token and configuration stay';
    },
    'install again': async () => {
      edge.install('/root/edge.deb');
      await edge.untilReady();
      return kept();
    },
    purge: () => {
      machine.run('DEBIAN_FRONTEND=noninteractive apt-get purge --yes siteglass-edge 2>&1');
      const left = edge.traces();
      expect(left === '', 'nothing', left);
      return 'program, database, images, backups, configuration and user are removed';
    },
  };
}

/** A copy by hand, as operators may have scripted it before there were commands; without a camera that watches a folder there is no `cameras`. */
const BACK_UP = `set -e
  install -d -m 0700 /srv/backup
  sqlite3 /var/lib/siteglass-edge/edge.db ".backup /srv/backup/edge.db"
  cp -a /var/lib/siteglass-edge/images /var/lib/siteglass-edge/admin-token /var/lib/siteglass-edge/picture-key /srv/backup/
  cp -a /etc/siteglass /srv/backup/`;
const RESTORE = `set -e
  systemctl stop siteglass-edge
  rm -f /var/lib/siteglass-edge/edge.db /var/lib/siteglass-edge/edge.db-wal /var/lib/siteglass-edge/edge.db-shm
  cp -a /srv/backup/edge.db /srv/backup/images /srv/backup/admin-token /srv/backup/picture-key /var/lib/siteglass-edge/
  cp -a /srv/backup/siteglass /etc/
  chown -R siteglass-edge: /var/lib/siteglass-edge
  systemctl start siteglass-edge`;

const noOutbox: Outbox = { epoch: '', count: 0, last: 0, digest: '', holes: 0 };

/** JavaScript for InstalledProgram.query: the outbox up to a seq. */
const waiting = (upTo: number) => `(() => {
  const rows = database.prepare('select seq, payload from outbox where seq <= ? order by seq').all(${upTo});
  const { epoch } = database.prepare('select epoch from outbox_state').get();
  const digest = require('node:crypto').createHash('sha256').update(JSON.stringify(rows)).digest('hex').slice(0, 16);
  const holes = rows.filter(({ seq }, i) => i > 0 && seq !== rows[i - 1].seq + 1).length;
  return { epoch, count: rows.length, last: rows.at(-1)?.seq, digest, holes };
})()`;

/** Blocks the event loop of the program that listens for a debugger. */
const BLOCK = `
  const WebSocket = require('ws');
  fetch('http://127.0.0.1:9229/json/list').then(async (answer) => {
    const [{ webSocketDebuggerUrl }] = await answer.json();
    const socket = new WebSocket(webSocketDebuggerUrl);
    const evaluate = { id: 1, method: 'Runtime.evaluate', params: { expression: 'while (true);' } };
    socket.once('open', () => socket.send(JSON.stringify(evaluate), () => process.exit()));
  });`;
