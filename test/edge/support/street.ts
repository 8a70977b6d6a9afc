import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Clock } from '../../../core/runtime/clock.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { ApiClient } from '../../support/api-client.js';
import { type RunningEdge, startEdge } from '../../support/edge.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

export const API = '/api/v1';
export const EMPTY = '1-empty-street.jpg';
export const SIGN = '3-sign-near.jpg';
const NEVER = '0 0 0 1 1 *';
/** An object appears with the first snapshot that shows it, and leaves with the first that does not. */
const AT_ONCE = 'sightings={ appearAfter: 1, within: 1, leaveAfter: 1 }';

export interface Street {
  edge: RunningEdge;
  api: ApiClient;
  auth: Record<string, string>;
  /** Takes a snapshot of each sample at a camera. Resolves with the ids of the images. */
  show(camera: string, ...samples: string[]): Promise<string[]>;
}

export interface StreetOptions {
  cameras?: string[];
  /** Further settings of each camera, in YAML. */
  each?: string;
  settings?: string[];
  clock?: Clock;
}

/** An appliance with cameras that see what the test puts before them. */
export async function openStreet(
  t: ExecutionContext,
  { cameras = ['gate', 'yard'], each = '', settings = [], clock }: StreetOptions = {},
): Promise<Street> {
  const root = await temporaryFolder(t);
  for (const camera of cameras) await mkdir(join(root, camera));
  const list = cameras.map(
    (id) =>
      `{ id: ${id}, name: "The ${id}", kind: folder, path: ${join(root, id)}, loop: true, schedule: "${NEVER}"${each} }`,
  );
  const options = clock ? { clock } : {};
  const edge = await startEdge([`cameras=[${list.join(', ')}]`, AT_ONCE, ...settings], options);
  t.teardown(edge.stop);
  const api = await ApiClient.connect(edge.url, edge.adminToken);
  const show = async (camera: string, ...samples: string[]) => {
    const images: string[] = [];
    for (const sample of samples) {
      const file = join(root, camera, 'now.jpg');
      await rm(file, { force: true });
      await copyFile(join(projectRoot(), 'samples', sample), file);
      const path = `${API}/cameras/${camera}/snapshot`;
      const { status, json } = await api.post<{ image: string }>(t, path);
      t.is(status, 200);
      images.push(json.image);
    }
    return images;
  };
  return { edge, api, show, auth: { Authorization: `Bearer ${edge.adminToken}` } };
}
