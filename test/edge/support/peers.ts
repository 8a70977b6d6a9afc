import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { freePort } from '../../support/free-port.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** Programs from Debian's packages, each on a free port of the loopback interface, ended with the test. */

const execute = promisify(execFile);

/** A moment is drawn as a colour: frame `n` of `seconds * 10` is of one grey that rises with it. */
export async function renderVideo(t: ExecutionContext, seconds: number): Promise<string> {
  const file = join(await temporaryFolder(t), 'clip.mp4');
  const rising = `geq=lum='16+N*219/${seconds * 10}':cb=128:cr=128`;
  const input = `color=black:size=320x240:rate=10:duration=${seconds},${rising}`;
  await execute('ffmpeg', [
    ...['-loglevel', 'error', '-f', 'lavfi', '-i', input],
    ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '10', file],
  ]);
  return file;
}

export interface RtspServer {
  url: string;
  /** Stops it in the middle of everything, without a word to those that are connected. */
  freeze(): void;
  end(): Promise<void>;
}

export async function startRtspServer(
  t: ExecutionContext,
  video: string,
  account: [user: string, password: string] | [] = [],
): Promise<RtspServer> {
  const script = join(projectRoot(), 'test', 'edge', 'support', 'rtsp-server.py');
  const server = run(t, '/usr/bin/python3', [script, video, ...account]);
  const port = await firstLine(server);
  return {
    url: `rtsp://127.0.0.1:${port}/live`,
    freeze: () => void server.kill('SIGSTOP'),
    end: async () => {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
    },
  };
}

/** A stream of frames as ffmpeg serves it over HTTP, to one viewer after the other. */
export async function startMjpegServer(t: ExecutionContext) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/stream`;
  const serve = () => {
    const server = run(t, 'ffmpeg', [
      ...['-loglevel', 'error', '-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=10'],
      ...['-f', 'mpjpeg', '-content_type', 'multipart/x-mixed-replace;boundary=ffmpeg'],
      ...['-listen', '1', url],
    ]);
    // It ends with its only viewer.
    server.once('exit', (code) => {
      if (code !== null) serve();
    });
  };
  serve();
  return { url, ready: () => waitUntilListening(port) };
}

export interface WebServer {
  url: string;
  /** SHA-256 of its certificate, where it has one. */
  fingerprint: string;
}

/** nginx with TLS, a certificate that nobody vouches for, and basic authentication of admin with hunter2. */
export async function startNginx(t: ExecutionContext, picture: Buffer): Promise<WebServer> {
  const folder = await temporaryFolder(t);
  const port = await freePort();
  const fingerprint = await makeCertificate(folder);
  await writeFile(join(folder, 'snapshot.jpg'), picture);
  await writeFile(join(folder, 'users'), `admin:{PLAIN}hunter2\n`);
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; ${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
  access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  server {
    listen 127.0.0.1:${port} ssl; root ${folder};
    ssl_certificate ${folder}/certificate.pem; ssl_certificate_key ${folder}/key.pem;
    auth_basic camera; auth_basic_user_file ${folder}/users;
  }
}`,
  );
  run(t, '/usr/sbin/nginx', ['-p', folder, '-e', 'error.log', '-c', 'nginx.conf']);
  await waitUntilListening(port);
  return { url: `https://127.0.0.1:${port}/snapshot.jpg`, fingerprint };
}

/** Apache with digest authentication (MD5, which is all that it speaks) of admin with hunter2; a nonce holds for a second. */
export async function startApache(t: ExecutionContext, picture: Buffer): Promise<{ url: string }> {
  const folder = await temporaryFolder(t);
  const port = await freePort();
  // As root it gives up its rights, and has to read the folder all the same.
  await chmod(folder, 0o755);
  const hash = createHash('md5').update('admin:camera:hunter2').digest('hex');
  await writeFile(join(folder, 'users'), `admin:camera:${hash}`);
  await writeFile(join(folder, 'snapshot.jpg'), picture);
  const modules = [
    'mpm_event',
    'authn_core',
    'authn_file',
    'authz_core',
    'authz_user',
    'auth_digest',
  ];
  await writeFile(
    join(folder, 'apache.conf'),
    `${modules.map((m) => `LoadModule ${m}_module /usr/lib/apache2/modules/mod_${m}.so`).join('\n')}
ServerName localhost
ServerRoot ${folder}
User www-data
Group www-data
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
Listen 127.0.0.1:${port}
DocumentRoot ${folder}
<Location />
  AuthType Digest
  AuthName camera
  AuthDigestProvider file
  AuthDigestNonceLifetime 1
  AuthUserFile ${folder}/users
  Require valid-user
</Location>
`,
  );
  run(t, '/usr/sbin/apache2', ['-X', '-f', join(folder, 'apache.conf')]);
  await waitUntilListening(port);
  return { url: `http://127.0.0.1:${port}/snapshot.jpg` };
}

async function makeCertificate(folder: string): Promise<string> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  await execute('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=camera'],
    ...['-keyout', key, '-out', certificate],
  ]);
  const { stdout } = await execute('openssl', [
    ...['x509', '-in', certificate, '-noout', '-fingerprint', '-sha256'],
  ]);
  return stdout.trim().split('=')[1] ?? '';
}

function run(t: ExecutionContext, command: string, args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stderr.resume();
  t.teardown(() => {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
  });
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the program has no output');
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error('the program said nothing');
}

/** Without connecting: a server that has a single viewer would take that for one. */
async function waitUntilListening(port: number): Promise<void> {
  const row = new RegExp(`0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A`);
  for (let attempt = 0; attempt < 400; attempt++, await sleep(50))
    if (row.test(await readFile('/proc/net/tcp', 'utf8'))) return;
  throw new Error(`nothing listens on port ${port}`);
}
