import { DetectionPool } from '../../../../core/detection/pool/detection-pool.js';
import { silentLogger } from '../../../../core/runtime/logger.js';

// A process with a pool, for a test that kills it: it prints its workers' process ids and stays.
const pool = new DetectionPool({ log: silentLogger(), workers: 1 });
await pool.start();
console.log(pool.status().pids.join(' '));
