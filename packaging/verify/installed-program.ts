import { expect } from './checklist.js';
import { expectSigns, type Found } from './expected-detections.js';
import type { Machine } from './machine.js';

interface Names {
  name: string;
  /** The file name of its SQLite database. */
  database: string;
  port: number;
}

/** One of the two packages, installed in a machine. */
export class InstalledProgram {
  readonly machine: Machine;
  readonly name: string;
  readonly url: string;
  readonly #database: string;

  constructor(machine: Machine, { name, database, port }: Names) {
    this.machine = machine;
    this.name = name;
    this.#database = database;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Returns apt's output. A conffile that was changed stays. */
  install(file: string, ...more: string[]): string {
    const options = ['-o Dpkg::Options::=--force-confold', ...more].join(' ');
    return this.machine.run(
      `DEBIAN_FRONTEND=noninteractive apt-get install --yes ${options} ${file} 2>&1`,
    );
  }

  version(): string {
    return this.machine.run(`dpkg-query --show --showformat='\${Version}' ${this.name}`);
  }

  untilReady(timeoutMs?: number): Promise<number> {
    return this.machine.until(
      `curl --silent --fail --max-time 5 --output /dev/null ${this.url}/readyz`,
      `${this.name} is ready`,
      timeoutMs,
    );
  }

  /** A property of its unit, e.g. `MainPID`. */
  show(property: string): string {
    return this.machine.run(`systemctl show --value --property=${property} ${this.name}`);
  }

  /** The command that calls the API as an admin. */
  curl(path: string, options = ''): string {
    const token = `$(cat /var/lib/${this.name}/admin-token)`;
    return `curl --silent --show-error --fail --header "Authorization: Bearer ${token}" ${options} ${this.url}${path}`;
  }

  /** What the API returns. */
  get<T>(path: string): T {
    return JSON.parse(this.machine.run(this.curl(path)));
  }

  /** Uploads a sample and throws unless it finds both signs. */
  detect(sample = '/root/sample.jpg'): string {
    const answer = this.machine.run(
      this.curl('/api/v1/objectdetection/image', `--form image=@${sample}`),
    );
    const { detections, image }: { detections: Found[]; image: { id: string } } =
      JSON.parse(answer);
    const found = expectSigns(detections);
    const processed = this.machine.run(
      this.curl(
        `/api/v1/objectdetection/image/${image.id}/processed`,
        `--output /root/processed.jpg --write-out '%{content_type} %{size_download}'`,
      ),
    );
    expect(/^image\/jpeg \d{5,}$/.test(processed), 'a JPEG', processed);
    return found;
  }

  /** The memory of its processes; the proportional set size counts shared pages once. */
  memory(): string {
    const lines = this.machine
      .run(
        `for pid in $(cat ${this.#processes}); do cat /proc/$pid/comm; grep -E '^(Rss|Pss):' /proc/$pid/smaps_rollup; done`,
      )
      .split('\n');
    const sum = (kind: string) =>
      lines.reduce(
        (total, line) => total + (line.startsWith(kind) ? Number(/\d+/.exec(line)?.[0]) : 0),
        0,
      ) / 1024;
    const names = lines.filter((line) => !/^[RP]ss:/.test(line));
    return `${Math.round(sum('Pss'))} MB proportional, ${Math.round(sum('Rss'))} MB resident: ${names.join(', ')}`;
  }

  /** Its processes, each with the number of OpenCV's libraries that it maps. */
  openCvLibraries(): string {
    return this.machine
      .run(
        `for pid in $(cat ${this.#processes}); do
          count=$(grep -o '[^ /]*opencv_[^ ]*' /proc/$pid/maps | sort -u | wc -l)
          main=$(tr '\\0' '\\n' < /proc/$pid/cmdline | grep -o '[a-z]*/[a-z-]*main\\.js$' | head -n 1)
          echo "$main $count"
        done`,
      )
      .split('\n')
      .join(', ');
  }

  /** How many of its processes map a file whose path contains this text. */
  mapped(text: string): number {
    return Number(
      this.machine.run(
        `for pid in $(cat ${this.#processes}); do grep -l ${text} /proc/$pid/maps || true; done | wc -l`,
      ),
    );
  }

  /** Throws if one of its processes maps a library of OpenCV. */
  withoutOpenCv(): string {
    const found = this.openCvLibraries();
    expect(!/ [1-9]/.test(found), 'no library of OpenCV in any process', found);
    return `${found.split(', ').length} processes without OpenCV`;
  }

  get #processes(): string {
    return `/sys/fs/cgroup/system.slice/${this.name}.service/cgroup.procs`;
  }

  /** What the program left on the disk, without the files of these checks. */
  traces(): string {
    const found = `find / -xdev \\( -path /root -o -path /srv -o -path /var/log \\) -prune -o -name '*${this.name}*' -print`;
    return this.machine.run(
      `${found}; id ${this.name} 2>/dev/null || true; ls -d /etc/siteglass 2>/dev/null || true`,
    );
  }

  /** Runs JavaScript with the program's own packages; `database` is its database, opened read-only. */
  query<T>(expression: string): T {
    const script = `
      const database = new (require('better-sqlite3'))('/var/lib/${this.name}/${this.#database}', { readonly: true });
      console.log(JSON.stringify(${expression}));`;
    return JSON.parse(
      this.machine.run(`cd /usr/lib/${this.name} && node --input-type=commonjs -`, {
        input: script,
      }),
    );
  }
}
