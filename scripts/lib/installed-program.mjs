import { expect } from './checklist.mjs';

/** Where the two signs of samples/4-two-signs.jpg are: the middle of each and its width, in pixels. */
const SIGNS = [
  { x: 330, y: 231, width: 52 },
  { x: 742, y: 205, width: 104 },
];

/** One of the two packages, installed in a machine. */
export class InstalledProgram {
  constructor(machine, { name, database, port }) {
    this.machine = machine;
    this.name = name;
    this.database = database;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** What apt says; the conffile stays where it was changed. */
  install(file) {
    const options = '-o Dpkg::Options::=--force-confold';
    return this.machine.run(
      `DEBIAN_FRONTEND=noninteractive apt-get install --yes ${options} ${file} 2>&1`,
    );
  }

  version() {
    return this.machine.run(`dpkg-query --show --showformat='\${Version}' ${this.name}`);
  }

  untilReady(timeoutMs) {
    return this.machine.until(
      `curl --silent --fail --max-time 5 --output /dev/null ${this.url}/readyz`,
      `${this.name} is ready`,
      timeoutMs,
    );
  }

  /** A property of its unit, e.g. `MainPID`. */
  show(property) {
    return this.machine.run(`systemctl show --value --property=${property} ${this.name}`);
  }

  /** Uploads the sample and throws unless both signs are found where they are. */
  detect() {
    const token = `$(cat /var/lib/${this.name}/admin-token)`;
    const answer = this.machine.run(
      `curl --silent --show-error --fail --header "Authorization: Bearer ${token}" ` +
        `--form image=@/root/sample.jpg ${this.url}/api/v1/objectdetection/image`,
    );
    const { detections, image } = JSON.parse(answer);
    expect(detections.length === SIGNS.length, 'two signs', JSON.stringify(detections));
    for (const sign of SIGNS)
      expect(
        detections.some(({ box }) => isAt(box, sign)),
        'a sign',
        JSON.stringify(detections),
      );
    const processed = this.machine.run(
      `curl --silent --fail --header "Authorization: Bearer ${token}" --output /root/processed.jpg ` +
        `--write-out '%{content_type} %{size_download}' ${this.url}/api/v1/objectdetection/image/${image.id}/processed`,
    );
    expect(/^image\/jpeg \d{5,}$/.test(processed), 'a JPEG', processed);
    return `${detections.map(({ box }) => `${box.width}×${box.height} at ${box.x},${box.y}`).join(' and ')}`;
  }

  /** Runs JavaScript with the program's own packages; `database` is its database, opened read-only. */
  query(expression) {
    const script = `
      const database = new (require('better-sqlite3'))('/var/lib/${this.name}/${this.database}', { readonly: true });
      console.log(JSON.stringify(${expression}));`;
    return JSON.parse(
      this.machine.run(`cd /usr/lib/${this.name} && node --input-type=commonjs -`, {
        input: script,
      }),
    );
  }
}

const isAt = ({ x, y, width, height }, sign) =>
  Math.abs(x + width / 2 - sign.x) < 15 &&
  Math.abs(y + height / 2 - sign.y) < 15 &&
  Math.abs(width - sign.width) < sign.width / 4;
