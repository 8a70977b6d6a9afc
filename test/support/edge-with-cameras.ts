import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningEdge, startEdge } from './edge.js';
import { renderScene, type Scene, type Sign } from './render-scene.js';
import { type StoredSightings, storeSightings } from './store-sightings.js';
import { temporaryFolder } from './temporary-folder.js';

export const PASSWORD = 'violet tram under rain';

const SIZE = { width: 640, height: 360 };
const SIGN: Sign = { cx: 320, cy: 150, size: 110 };

/** A snapshot that shows one stop sign, or none. The seed varies the street. */
export const snapshotOf = (seed: number, signs: Sign[] = [SIGN]): Promise<Scene> =>
  renderScene({ ...SIZE, seed, signs });

export interface EdgeWithCameras extends RunningEdge {
  /** Sends a snapshot as a camera does; resolves to the image's id when it has been analysed. */
  push(camera: string, scene: Scene): Promise<string>;
  /** Stores sightings that have ended, as if they had been seen. */
  store(sightings: StoredSightings): void;
}

interface Options {
  /** Ids of cameras that push their snapshots. Each has the zone "Door" in its middle. */
  cameras: string[];
  dataFolder?: string;
  settings?: string[];
}

/** An appliance whose cameras push, with the users ada (viewer), otto (operator) and root (admin). */
export async function startEdgeWithCameras({
  cameras,
  dataFolder,
  settings = [],
}: Options): Promise<EdgeWithCameras> {
  const folder = dataFolder ?? (await temporaryFolder());
  const configFile = join(await temporaryFolder(), 'edge.yaml');
  await writeFile(configFile, configOf(cameras));
  const edge = await startEdge(settings, { dataFolder: folder, configFile });
  for (const [name, role] of [
    ['ada', 'viewer'],
    ['otto', 'operator'],
    ['root', 'admin'],
  ] as const)
    if (!(await edge.access.users.list()).some((user) => user.name === name))
      await edge.access.users.create(name, role, PASSWORD);
  return {
    ...edge,
    push: (camera, scene) => push(edge, camera, scene),
    store: (sightings) => storeSightings(folder, sightings),
  };
}

const configOf = (cameras: string[]): string => `
cameras:${cameras
  .map(
    (id) => `
  - id: ${id}
    name: ${id[0]?.toUpperCase()}${id.slice(1).replaceAll('-', ' ')}
    kind: push
    maxPerMinute: 600
    schedule: "* * * * * *"
    sightings: { appearAfter: 1, within: 1, leaveAfter: 1 }
    zones: [{ name: Door, kind: include, points: [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]] }]`,
  )
  .join('')}
`;

async function push({ url, adminToken }: RunningEdge, camera: string, { jpeg }: Scene) {
  const response = await fetch(`${url}/api/v1/cameras/${camera}/snapshots`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'image/jpeg' },
    body: new Uint8Array(jpeg),
  });
  const answer = (await response.json()) as { image?: string };
  if (!answer.image) throw new Error(`no image: ${JSON.stringify(answer)}`);
  return answer.image;
}
