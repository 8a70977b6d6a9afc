import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { DetectionPool } from '../../../../core/detection/pool/detection-pool.js';
import { silentLogger } from '../../../../core/runtime/logger.js';
import { eventually } from '../../../support/eventually.js';

// A process whose pool loses its worker while no file descriptors are left for another one. It prints the pool's states.
const restarts = { count: 1, windowMs: 500 };
const pool = new DetectionPool({ log: silentLogger(), workers: 1, restarts });
const state = () => pool.status().state;

await pool.start();
const states = [state()];
const held = Array.from({ length: 40 }, () => openSync('/dev/null', 'r'));
const open = readdirSync('/proc/self/fd').length;
// What the worker's end frees is not enough for the pipes of another one.
execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${open}:`]);
process.kill(pool.status().pids[0] ?? 0, 'SIGKILL');
await eventually('a restart failed', () => pool.status().restarts > 1);
states.push(state());
for (const descriptor of held) closeSync(descriptor);
await eventually('a worker is ready again', () => pool.status().ready === 1);
states.push(state());
console.log(states.join(' '));
await pool.stop();
