import type { Kysely } from 'kysely';
import type { CameraRevision, SettingChange } from '../../../core/contract/camera-management.js';
import { jsonObject } from '../../../core/contract/json-object.js';
import type { FieldError } from '../../../core/contract/problem.js';
import { type SecretSource, settingErrors } from '../../../core/runtime/configuration.js';
import { isStoredSecret, type SecretFiles } from '../../../core/store/secret-files.js';
import { unitOfWork } from '../../../core/store/unit-of-work.js';
import {
  cameraRevisionTable,
  type ManagedCameraRow,
  type ManagedCameraTables,
  managedCameraTable,
  type RevisionLimits,
  type StoredRevision,
} from '../../store/managed-camera-table.js';
import { managedCameraTables } from '../../store/tables.js';
import { type CameraConfig, cameraSchema } from '../camera-config.js';
import { isSecretPath, type SecretPath, withSecrets } from './secret-settings.js';
import { type JsonObject, settingChanges } from './setting-changes.js';
import { withoutDefaults } from './without-defaults.js';

/** A camera that the API manages. */
export interface ManagedCamera {
  id: string;
  revision: number;
  /** As stored, with the files of its secrets. */
  settings: JsonObject;
  /** Undefined if the settings cannot be used; `faults` says why. */
  config: CameraConfig | undefined;
  faults: FieldError[];
  /** Secrets whose files are gone: they are in no backup. */
  lacks: SecretPath[];
}

export interface Change {
  action: CameraRevision['action'];
  actor: CameraRevision['actor'];
  at: number;
}

const LIMITS: RevisionLimits = { ofCamera: 100, inAll: 2_000, bytes: 16 * 1024 * 1024 };

/**
 * The cameras that the API manages, with what was changed of them. A change is one transaction; the secrets are on the
 * disk before it, and those that nothing refers to are removed after it, or at the next start.
 */
export class ManagedCameras {
  readonly #cameras = new Map<string, ManagedCamera>();

  constructor(
    private readonly db: Kysely<ManagedCameraTables>,
    private readonly secrets: SecretFiles,
    private readonly limits: RevisionLimits = LIMITS,
  ) {}

  /** Reads them. Call it once, before anything else. */
  async load(): Promise<this> {
    for (const row of await managedCameraTable.all(this.db))
      this.#cameras.set(row.id, managedCameraOf(row, this.secrets));
    await this.#collectSecrets();
    return this;
  }

  get all(): ManagedCamera[] {
    return [...this.#cameras.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  get(id: string): ManagedCamera | undefined {
    return this.#cameras.get(id);
  }

  /** Adds or changes a camera. */
  async put(config: CameraConfig, change: Change): Promise<ManagedCamera> {
    const stored = await this.#withStoredSecrets(config);
    const settings = withoutDefaults(stored);
    const before = this.#cameras.get(config.id);
    const changes = before
      ? settingChanges(before.config ?? before.settings, stored as JsonObject, isSecretPath)
      : settingChanges({}, settings, isSecretPath);
    const text = this.#encode(settings);
    const revision = await unitOfWork(this.db, async (transaction) => {
      const db = transaction.of(managedCameraTables);
      const number = await cameraRevisionTable.append(
        db,
        revisionRow(config.id, text, changes, change),
      );
      await managedCameraTable.put(db, { id: config.id, settings: text, revision: number });
      await cameraRevisionTable.prune(db, this.limits);
      return number;
    });
    const lacks = lackedIn(settings, this.secrets);
    const camera = { id: config.id, revision, settings, config: stored, faults: [], lacks };
    this.#cameras.set(config.id, camera);
    await this.#collectSecrets();
    return camera;
  }

  /** Does nothing for a camera that there is not. */
  async remove(id: string, change: Omit<Change, 'action'>): Promise<void> {
    const camera = this.#cameras.get(id);
    if (!camera) return;
    const changes = settingChanges(camera.settings, {}, isSecretPath);
    const text = this.#encode(camera.settings);
    await unitOfWork(this.db, async (transaction) => {
      const db = transaction.of(managedCameraTables);
      await managedCameraTable.remove(db, id);
      const row = revisionRow(id, text, changes, { ...change, action: 'removed' });
      await cameraRevisionTable.append(db, row);
      await cameraRevisionTable.prune(db, this.limits);
    });
    this.#cameras.delete(id);
    await this.#collectSecrets();
  }

  /** Newest first. */
  revisions(query: {
    camera?: string;
    before?: number | undefined;
    limit: number;
  }): Promise<StoredRevision[]> {
    return cameraRevisionTable.page(this.db, query);
  }

  revision(camera: string, revision: number): Promise<StoredRevision | undefined> {
    return cameraRevisionTable.find(this.db, camera, revision);
  }

  /** The settings of a revision, with the files of its secrets. */
  settingsOf({ settings }: Pick<StoredRevision, 'settings'>): JsonObject {
    return decode(settings, this.secrets);
  }

  async #withStoredSecrets(config: CameraConfig): Promise<CameraConfig> {
    const sources = new Map<string, SecretSource>();
    const texts: [path: string, text: string][] = [];
    withSecrets(config, (secret, path) => {
      if (typeof secret === 'string') texts.push([path, secret]);
      return secret;
    });
    for (const [path, text] of texts) sources.set(path, await this.secrets.write(text));
    return withSecrets(
      config,
      (secret, path) => sources.get(path) ?? secret,
    ) as unknown as CameraConfig;
  }

  #encode(settings: JsonObject): string {
    return JSON.stringify(
      withSecrets(settings, (source) => this.secrets.storedOf(source) ?? source),
    );
  }

  async #collectSecrets(): Promise<void> {
    const texts = await cameraRevisionTable.settings(this.db);
    const present = [...this.#cameras.values()].map(({ settings }) => this.#encode(settings));
    const used = new Set<string>();
    for (const text of [...texts, ...present])
      withSecrets(jsonObject(text) ?? {}, (secret) => {
        if (isStoredSecret(secret)) used.add(secret.kept);
        return secret;
      });
    await this.secrets.collect(used);
  }
}

const decode = (text: string, secrets: SecretFiles): JsonObject =>
  withSecrets(jsonObject(text) ?? {}, (secret) =>
    isStoredSecret(secret) ? secrets.sourceOf(secret) : secret,
  );

export function managedCameraOf(row: ManagedCameraRow, secrets: SecretFiles): ManagedCamera {
  const settings = decode(row.settings, secrets);
  const { data, error } = cameraSchema.safeParse(settings);
  return {
    id: row.id,
    revision: row.revision,
    settings,
    config: data,
    faults: error ? settingErrors(error, settings, () => new Set()) : [],
    lacks: lackedIn(settings, secrets),
  };
}

function lackedIn(settings: JsonObject, secrets: SecretFiles): SecretPath[] {
  const lacks: SecretPath[] = [];
  withSecrets(settings, (source, path) => {
    if (secrets.isGone(source)) lacks.push(path);
    return source;
  });
  return lacks;
}

const revisionRow = (
  camera: string,
  settings: string,
  changes: SettingChange[],
  { action, actor, at }: Change,
) => ({
  camera,
  at,
  action,
  actor_name: actor.name,
  actor_kind: actor.kind,
  settings,
  changes: JSON.stringify(changes),
});
