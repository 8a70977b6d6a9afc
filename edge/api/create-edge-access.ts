import { join } from 'node:path';
import { createAccess } from '../../core/access/create-access.js';
import { accessTables } from '../../core/access/tables.js';
import { tablesOf } from '../../core/store/table-set.js';
import type { Storage } from '../retention/create-storage.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';

/** Who may use the API. Sessions and tokens end by the time that has passed, whatever the clock shows. */
export const createEdgeAccess = ({ config, db, log, clock }: EdgeDependencies, storage: Storage) =>
  createAccess({
    db: tablesOf(db, accessTables),
    mode: config.http.auth,
    sessions: config.http.sessions,
    signOn: config.http.signOn,
    cookieName: 'siteglass-edge',
    firstTokenFile: join(config.dataFolder, 'admin-token'),
    names: [config.site, 'siteglass'],
    hasCameras: true,
    log,
    clock,
    eras: storage.steadyTime.eras,
  });
