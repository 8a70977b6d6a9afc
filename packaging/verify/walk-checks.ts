import { setTimeout as sleep } from 'node:timers/promises';
import { type Checks, expect } from './checklist.js';
import { inChromium, setUpByPage } from './chromium.js';
import { MAX_MEGABYTES } from './opencv-checks.js';
import {
  EDGE,
  PASSWORD,
  RELAY,
  SITE,
  STATE,
  type Summary,
  USER,
  type WalkPrograms,
  walkMachine,
  withCookie,
  withToken,
} from './walk-machine.js';

/** What an operator adds to the configuration of the relay's package. */
const RELAY_SETTINGS = `http: { host: 0.0.0.0 }
mqtt: { embedded: { host: 0.0.0.0 } }
enrolment: { url: 'https://${RELAY}:8090', brokerUrl: 'mqtts://${RELAY}:1883' }
`;
const CAMERA = `cameras:
  - { id: street, kind: folder, path: /srv/samples, loop: true, schedule: '* * * * * *' }
`;
const ARCHIVE = '/root/harbour.tar';

interface Parts extends WalkPrograms {
  /** A folder of this machine for the browser. */
  work: string;
}

/** Waits for more, since a summary that is doubled would arrive later. */
const SETTLE_MS = 2_500;

/**
 * A walk through the life of an appliance, with both packages in one machine that has not had them before; they are
 * /root/edge.deb and relay.deb.
 */
export function walkChecks({ edge, relay, work, image }: Parts): Checks {
  const { machine } = edge;
  const at = {
    code: '',
    fingerprint: '',
    cookie: '',
    token: '',
    epoch: '',
    images: [''],
    arrived: [noSummary],
  };
  const walk = walkMachine({ edge, relay, image });
  const { status, isStatus, arrived, epoch, images, untilMore, untilWhole, reset } = walk;
  return {
    'walk: install the appliance': async () => {
      machine.addAddresses([EDGE, RELAY]);
      const before = machine.usedMegabytes();
      const last = edge.install('/root/edge.deb').trim().split('\n').at(-1) ?? '';
      const [, url, code] =
        /open (https:\S+) in a browser and enter the code (\S+)/.exec(last) ?? [];
      expect(
        url === `https://${EDGE}:8080/setup` && code,
        `https://${EDGE}:8080/setup, a code`,
        last,
      );
      await edge.untilReady();
      const added = machine.usedMegabytes() - before;
      expect(added <= MAX_MEGABYTES, `at most ${MAX_MEGABYTES} MB`, `${added} MB`);
      machine.run('siteglass-edge certificate pem > /root/edge.pem');
      expect(walk.firstLine().code === code, walk.firstLine().code, code);
      return `“${last}”; ${added} MB beside Node.js`;
    },
    'walk: install the relay': async () => {
      const last = relay.install('/root/relay.deb').trim().split('\n').at(-1) ?? '';
      await relay.untilReady();
      machine.run(
        'cat >> /etc/siteglass/relay.yaml && siteglass-relay --check && systemctl restart siteglass-relay',
        { input: RELAY_SETTINGS },
      );
      await relay.untilReady();
      return `“${last}”; ready with ${RELAY_SETTINGS.trim().split('\n').length} lines of configuration`;
    },
    'walk: set-up in a browser, first detection, log-out': () =>
      inChromium(machine, work, async (context) => {
        isStatus(status('/site'), 401, 'a call before the set-up');
        const { page, found, seconds } = await setUpByPage(context, walk.firstRun());
        isStatus(status('/setup', `--header 'Setup-Code: ${at.code}'`), 404, 'another set-up');
        const session = (await context.cookies()).find(({ name }) => name.startsWith('__Host-'));
        expect(
          session?.httpOnly && session.secure && session.sameSite === 'Strict',
          'a cookie that is HttpOnly, Secure and SameSite=Strict',
          JSON.stringify(session),
        );
        at.cookie = `${session.name}=${session.value}`;
        isStatus(status('/site', withCookie(at.cookie)), 200, 'the cookie');
        const call = (method: string, body?: object) =>
          page.evaluate(
            `fetch('/api/v1/session', { method: '${method}', ${body ? `headers: { 'Content-Type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(body))}` : ''} }).then(({ status }) => String(status))`,
          ) as Promise<string>;
        isStatus(await call('DELETE'), 200, 'log-out');
        isStatus(await call('GET'), 401, 'the page after log-out');
        isStatus(status('/site', withCookie(at.cookie)), 401, 'the cookie after log-out');
        isStatus(
          await call('POST', { user: USER, password: 'violet tram' }),
          401,
          'a wrong password',
        );
        isStatus(await call('POST', { user: USER, password: PASSWORD }), 200, 'log-in');
        isStatus(await call('GET'), 200, 'the page after log-in');
        return `${found}, ${seconds} s after the page was opened; the cookie is refused after log-out`;
      }),
    'walk: the sandbox is complete': () => {
      const doctor = machine.try('siteglass-edge doctor').output;
      const [sandbox] = /sandbox: seccomp, Landlock \d+, at most [\d.]+ GB/.exec(doctor) ?? [];
      expect(sandbox && !doctor.includes('sandbox of the workers lacks'), 'all of it', doctor);
      const { output } = machine.try(
        "journalctl --unit siteglass-edge --output cat --grep 'sandbox of the detection workers'",
      );
      expect(!output.includes('"missing"'), 'no line about a part that is missing', output);
      // The workers of the service, which are under its unit.
      const workers = machine.run(
        `for pid in $(cat /sys/fs/cgroup/system.slice/siteglass-edge.service/cgroup.procs); do
          if tr '\\0' ' ' < /proc/$pid/cmdline | grep -q worker/main; then
            sed -n 's/^\\(Seccomp\\|NoNewPrivs\\|Seccomp_filters\\):\\t/\\1 /p' /proc/$pid/status | tr '\\n' ' '; echo
          fi
        done`,
      );
      expect(workers !== '', 'workers of the service', workers);
      return `${sandbox}; of the service: ${workers.split('\n').join(', ')}`;
    },
    'walk: enrol with one pasted code': async () => {
      machine.run('cat >> /etc/siteglass/edge.yaml && systemctl reload siteglass-edge', {
        input: CAMERA,
      });
      const code = walk.codeOf(`enrol ${SITE}`);
      const said = machine.run('siteglass-edge enrol', { input: `${code}\n` });
      expect(said.includes(`${SITE} is enrolled at ${RELAY}:8090`), 'an enrolment', said);
      const seconds = await untilMore(2, 'summaries at the relay');
      const again = machine.try('siteglass-edge enrol', { input: `${code}\n` });
      expect(again.status === 1, 'a code that is good once', again.output);
      const modes = machine.run(
        `cd ${STATE} && stat --format '%a %U %n' relay-password relay-account.json`,
      );
      expect(
        modes.split('\n').every((line) => line.startsWith('600 siteglass-edge ')),
        'files for the service alone',
        modes,
      );
      return `${code.length} characters; summaries arrive after ${seconds.toFixed(1)} s`;
    },
    'walk: revoke a token': () => {
      const token = machine.run('siteglass-edge token add probe --role viewer');
      isStatus(status('/site', withToken(token)), 200, 'the token');
      machine.run('siteglass-edge token remove probe');
      isStatus(status('/site', withToken(token)), 401, 'the removed token');
      return 'refused with the next call';
    },
    'walk: rotate the password of the site': async () => {
      const hash = () => machine.run(`sha256sum ${STATE}/relay-password`);
      const before = hash();
      machine.run(`siteglass-relay sites rotate ${SITE}`);
      const seconds = await machine.until(
        `sha256sum ${STATE}/relay-password | grep --quiet --invert-match --line-regexp --fixed-strings '${before}'`,
        'another password',
        120_000,
      );
      // Its next connection uses the new password.
      machine.run('systemctl restart siteglass-edge');
      await edge.untilReady();
      await untilMore(arrived().length + 2, 'summaries with the new password');
      return `after ${Math.round(seconds)} s, and a restart: ${await untilWhole()}`;
    },
    'walk: back up while it runs': async () => {
      at.token = machine.run('siteglass-edge token add restored --role viewer');
      [at.images, at.epoch] = [images(), epoch()];
      const said = machine.run(`siteglass-edge backup ${ARCHIVE}`);
      const mode = machine.run(`stat --format %a ${ARCHIVE}`);
      expect(mode === '600', '600', mode);
      await untilMore(arrived().length + 2, 'summaries after the backup');
      return said.split('\n')[0] ?? '';
    },
    'walk: reset': async () => {
      await reset();
      at.arrived = arrived();
      isStatus(status('/site', withToken(at.token)), 401, 'a token from before');
      isStatus(status('/site', withCookie(at.cookie)), 401, 'a cookie from before');
      const { url, code } = walk.firstLine();
      expect(url === `https://${EDGE}:8080/setup` && code !== '', 'a set-up', url);
      const kept = images().filter((id) => at.images.includes(id));
      expect(kept.length === 0, 'no image from before', kept.length);
      await sleep(SETTLE_MS);
      expect(arrived().length === at.arrived.length, 'no summary any more', arrived().length);
      return 'no token, image or account remains; the set-up is offered with another code';
    },
    'walk: restore onto the empty appliance': async () => {
      const said = machine.run(
        `systemctl stop siteglass-edge && siteglass-edge restore ${ARCHIVE} && systemctl start siteglass-edge`,
      );
      await edge.untilReady();
      machine.run('siteglass-edge certificate pem > /root/edge.pem');
      isStatus(status('/site', withToken(at.token)), 200, 'the token of the backup');
      const site = machine.run('cat /root/answer');
      expect(site.includes(`"site":"${SITE}"`), SITE, site);
      const now = images();
      const missing = at.images.filter((id) => !now.includes(id));
      expect(missing.length === 0, 'the images of the backup', `${missing.length} are missing`);
      const [oldest = ''] = now;
      isStatus(status(`/objectdetection/image/${oldest}`, withToken(at.token)), 200, oldest);
      await untilMore(at.arrived.length + 2, 'summaries after the restore');
      expect(epoch() !== at.epoch, 'a new epoch', at.epoch);
      const whole = await untilWhole();
      const kept = new Set(arrived().map((summary) => JSON.stringify(summary)));
      const lost = at.arrived.filter((summary) => !kept.has(JSON.stringify(summary)));
      expect(lost.length === 0, 'all that had arrived before', `${lost.length} less`);
      const epochs = new Set(arrived().map((summary) => summary.epoch));
      expect(epochs.size === 2, 'two epochs at the relay', epochs.size);
      const { gaps } = relay.get<{ gaps: object[] }>(`/api/v1/sites/${SITE}/gaps`);
      expect(gaps.length === 0, 'no gap', JSON.stringify(gaps));
      return `${said.split('\n')[0]} ${whole}, in two epochs`;
    },
    'walk: revoke the site': async () => {
      machine.run(`siteglass-relay sites revoke ${SITE}`);
      const seconds = await machine.until(
        `curl --silent --cacert /root/edge.pem ${withToken(at.token)} https://${EDGE}:8080/metrics | grep --quiet '^siteglass_broker_connected 0'`,
        'no connection',
        10_000,
      );
      const { length } = arrived();
      await sleep(SETTLE_MS);
      expect(arrived().length === length, 'no summary any more', arrived().length - length);
      const sites = machine.run('siteglass-relay sites');
      expect(new RegExp(`^${SITE} +none`, 'm').test(sites), 'no account', sites);
      return `cut off ${seconds.toFixed(1)} s after the command`;
    },
    'walk: set it up again, with a code in the page': async () => {
      await reset();
      const { length } = arrived();
      const found = await inChromium(machine, work, async (context) => {
        const run = await setUpByPage(context, walk.firstRun(walk.codeOf(`enrol ${SITE}`)));
        return `${run.found}, ${run.seconds} s after the page was opened`;
      });
      const seconds = await untilMore(length + 2, 'summaries at the relay');
      const epochs = new Set(arrived().map((summary) => summary.epoch));
      expect(epochs.size === 3, 'a third epoch at the relay', epochs.size);
      return `${found}; summaries ${seconds.toFixed(1)} s later`;
    },
    'walk: purge both': () => {
      machine.run(
        'DEBIAN_FRONTEND=noninteractive apt-get purge --yes siteglass-edge siteglass-relay 2>&1',
      );
      const left = `${edge.traces()}${relay.traces()}`;
      expect(left === '', 'nothing', left);
      return 'nothing remains';
    },
  };
}

const noSummary: Summary = { epoch: '', seq: 0, snapshot: '' };
