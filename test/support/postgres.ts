import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { processFolder } from './temporary-folder.js';

const VERSIONS = '/usr/lib/postgresql';

export interface PostgresServer {
  /** Makes an empty database; it is gone with the server. */
  createDatabase(): Promise<string>;
  /** The socket that it listens on. */
  socket: string;
  /** The address of a database through a proxy on a TCP port of this machine. */
  through(url: string, port: number): string;
  /** The server's processes. */
  pids(): number[];
  stop(): void;
}

/**
 * A PostgreSQL server of this process's own, in a temporary folder and on a socket in it, by Debian's package. It
 * refuses to run as root, so root starts it as the package's user.
 */
export function startPostgres(): PostgresServer {
  const folder = processFolder();
  chmodSync(folder, 0o700);
  const asRoot = process.getuid?.() === 0;
  if (asRoot) {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
    chownSync(folder, id('-u'), id('-g'));
  }
  const run = (program: string, args: string[]) => {
    const [command = '', ...rest] = [
      ...(asRoot ? ['runuser', '-u', 'postgres', '--'] : []),
      join(VERSIONS, newestVersion(), 'bin', program),
      ...args,
    ];
    const { status, stderr } = spawnSync(command, rest, {
      cwd: '/',
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  };
  const data = join(folder, 'data');
  run('initdb', ['-D', data, '-U', 'siteglass', '--auth=trust', '--no-sync', '-E', 'UTF8']);
  const options = `-c listen_addresses= -c unix_socket_directories=${folder} -c max_connections=100`;
  run('pg_ctl', ['start', '-w', '-D', data, '-o', options, '-l', join(folder, 'log')]);
  const url = (database: string) =>
    `postgres://siteglass@/${database}?host=${encodeURIComponent(folder)}`;
  return {
    socket: join(folder, '.s.PGSQL.5432'),
    through: (address, port) =>
      `postgres://siteglass@127.0.0.1:${port}${new URL(address.replace('@/', '@localhost/')).pathname}`,
    async createDatabase() {
      const name = `t${randomBytes(6).toString('hex')}`;
      const client = new pg.Client(url('postgres'));
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return url(name);
    },
    pids() {
      const [leader] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1);
      const children = readFileSync(`/proc/${leader}/task/${leader}/children`, 'utf8');
      return [Number(leader), ...children.split(' ').filter(Boolean).map(Number)];
    },
    stop() {
      run('pg_ctl', ['stop', '-w', '-m', 'immediate', '-D', data]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newestVersion(): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).map(Number) : [];
  if (versions.length === 0) throw new Error('Debian’s package postgresql is not installed');
  return String(Math.max(...versions));
}
