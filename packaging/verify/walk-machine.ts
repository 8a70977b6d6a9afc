import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from './checklist.js';
import type { FirstRun } from './chromium.js';
import type { InstalledProgram } from './installed-program.js';

export const EDGE = '192.0.2.10';
export const RELAY = '192.0.2.20';
export const SITE = 'harbour';
export const USER = 'ada';
export const PASSWORD = 'violet tram under rain';
export const STATE = '/var/lib/siteglass-edge';

export interface WalkPrograms {
  edge: InstalledProgram;
  relay: InstalledProgram;
  /** A sample of this machine with two signs. */
  image: string;
}

export interface Summary {
  epoch: string;
  seq: number;
  snapshot: string;
}

export const withToken = (token: string): string => `--header 'Authorization: Bearer ${token}'`;
export const withCookie = (cookie: string): string => `--header 'Cookie: ${cookie}'`;

/** What the checks of the walk do and look at in the machine of both programs. */
export function walkMachine({ edge, relay, image }: WalkPrograms) {
  const { machine } = edge;
  /** Calls the API as other machines do, by its certificate. Returns the status. */
  const status = (path: string, ...options: string[]): string =>
    machine.run(
      `curl --silent --show-error --cacert /root/edge.pem --max-time 20 --output /root/answer --write-out '%{http_code}' ${options.join(' ')} https://${EDGE}:8080/api/v1${path}`,
    );
  const isStatus = (found: string, wanted: number, what: string) =>
    expect(found === String(wanted), `${wanted} for ${what}`, found);
  const arrived = () =>
    relay.query<Summary[]>(
      `database.prepare("select epoch, seq, snapshot from summary where site = '${SITE}' order by received_at, seq").all()`,
    );
  const epoch = () =>
    edge.query<string>(`database.prepare('select epoch from outbox_state').get().epoch`);
  const images = () =>
    edge.query<string[]>(
      `database.prepare('select id from image where camera is not null order by id').pluck().all()`,
    );
  const codeOf = (words: string) => {
    const output = machine.run(`siteglass-relay sites ${words}`);
    const [code] = /^SG1-\S+$/m.exec(output) ?? [];
    expect(code, 'a code', output);
    return code;
  };
  const untilMore = async (than: number, what: string) => {
    const count = `sqlite3 -readonly /var/lib/siteglass-relay/relay.db "select count(*) from summary"`;
    return machine.until(`test "$(${count})" -gt ${than}`, what, 90_000);
  };
  /** Throws if a summary was doubled, or one of a snapshot that was made since the first that arrived is missing. */
  const untilWhole = async (): Promise<string> => {
    for (let tries = 0; ; tries++) {
      const there = arrived();
      const snapshots = new Set(there.map(({ snapshot }) => snapshot));
      const [first = ''] = [...snapshots].toSorted();
      // The newest is on its way.
      const missing = images()
        .slice(0, -1)
        .filter((id) => id >= first && !snapshots.has(id));
      expect(snapshots.size === there.length, 'no summary twice', `${there.length} summaries`);
      if (missing.length === 0) return `${there.length} summaries, none lost or doubled`;
      expect(tries < 60, 'a summary of each snapshot', `${missing.length} are missing`);
      await sleep(500);
    }
  };
  const firstLine = () => {
    const [url = '', code = ''] = machine.run(`cat ${STATE}/set-up-code`).split('\n');
    return { url, code };
  };
  const firstRun = (relayCode?: string): FirstRun => ({
    ...{ ...firstLine(), site: SITE, user: USER, password: PASSWORD, image },
    ...{ fingerprint: fingerprint(), ...(relayCode !== undefined && { relayCode }) },
  });
  const fingerprint = () => {
    const shown = machine.run('siteglass-edge certificate');
    const [found] = /([0-9A-F]{2}:){31}[0-9A-F]{2}/.exec(shown) ?? [];
    expect(found, 'a fingerprint', shown);
    return found;
  };
  const reset = async () => {
    machine.run('systemctl stop siteglass-edge && siteglass-edge reset --yes');
    const left = machine.run(`ls -A --ignore 'lock*' ${STATE}`);
    expect(left === '', 'an empty data folder', left);
    machine.run('systemctl start siteglass-edge');
    await edge.untilReady();
    machine.run('siteglass-edge certificate pem > /root/edge.pem');
  };
  return {
    ...{ status, isStatus, arrived, epoch, images, codeOf, untilMore, untilWhole },
    ...{ firstLine, firstRun, reset },
  };
}
