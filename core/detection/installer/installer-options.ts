import type { Readable } from 'node:stream';
import type { DetectorResource } from '../../contract/detection.js';
import type { AvailableModel, ReadyDetector } from '../catalog/detector-entry.js';
import type { Probe } from '../catalog/probe.js';
import type { DownloadLimits, DownloadProgress } from '../models/download-file.js';
import type { ModelFolder } from '../models/model-folder.js';
import type { ProxyVariables } from '../models/proxy.js';
import type { AddedLimits } from './added-limits.js';
import type { DetectorFileKind } from './collect-file.js';

/** What the installer has to know of the detectors that there are. */
export interface InstalledCatalog {
  detectors(): DetectorResource[];
  /** The manifest's model with this id, or with this hash. */
  listed(id: string): AvailableModel | undefined;
  listedBySha256(sha256: string): AvailableModel | undefined;
  /** A detector that was added and can be used. */
  ready(id: string): ReadyDetector | undefined;
  /** Notices what was added or removed just now. */
  refresh(): Promise<void>;
}

export interface InstallerOptions {
  folder: ModelFolder;
  catalog: InstalledCatalog;
  /** Tries a file in a worker. */
  probe: Probe;
  /** The models' files are downloaded from below this URL instead of their own. */
  mirror: string | undefined;
  proxies: ProxyVariables;
  userAgent: string;
  limits?: Partial<DownloadLimits>;
  /** On all that are added. */
  added?: Partial<AddedLimits>;
}

export interface InstallOptions {
  signal: AbortSignal;
  onProgress?: (progress: DownloadProgress) => void;
  /** A download was interrupted and goes on after a pause. */
  onRetry?: (reason: string, pauseMs: number) => void;
  /** The file is there and is tried now. */
  onTrial?: () => void;
  /** Another process changes the folder; it is waited for. Without this, `detectors_busy` is thrown. */
  onWait?: () => void;
}

/** A file from elsewhere: a USB stick, or a form. */
export interface GivenFile {
  /** Without it, a file that the manifest lists gets the id that it has there, and any other `proposedId`. */
  id?: string | undefined;
  proposedId?: string | undefined;
  /** A file below `ModelFolder.partials` is moved, anything else is copied there. */
  content: Readable | { path: string };
  /** YAML, as `ID.yaml` beside a model, and the labels, one a line. */
  description?: string | undefined;
  labels?: string | undefined;
}

/** A file at an address of the operator's choice. */
export interface RemoteFile {
  id: string;
  kind: DetectorFileKind;
  url: URL;
  sha256: string;
}

export interface Installed {
  id: string;
  bytes: number;
  /** `unchanged`: the same file was there. */
  outcome: 'added' | 'replaced' | 'unchanged';
}
