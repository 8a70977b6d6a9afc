import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { messageOf } from '../runtime/errors.js';

/** Checkpoints the database once for each message, and answers with what went wrong, if anything. */
const sqlite = new Sqlite(String(workerData), { fileMustExist: true, timeout: 0 });
sqlite.pragma('synchronous = FULL');

parentPort?.on('message', (message: 'checkpoint' | 'end') => {
  if (message === 'end') {
    sqlite.close();
    parentPort?.close();
    return;
  }
  let error: string | undefined;
  try {
    // It waits for nobody, and nobody waits for it.
    sqlite.pragma('wal_checkpoint(PASSIVE)');
  } catch (fault) {
    error = messageOf(fault);
  }
  parentPort?.postMessage(error);
});
