import type { DetectorResource, EngineName } from '../contract/detection.js';
import { engineFault } from '../detection/catalog/engine-faults.js';
import { modelFaults } from '../detection/catalog/setting-faults.js';
import type { DetectionModule } from '../detection/create-detection.js';
import type { AnalysisRequest } from '../detection/detection.js';
import { runtimeFault } from '../detection/onnx/runtime-package.js';
import { readSandbox } from '../detection/pool/sandbox-file.js';
import { openCvFault } from '../opencv/opencv-addon.js';
import { messageOf, ProblemError, StartError } from '../runtime/errors.js';
import { describeSandbox, type SandboxState } from '../runtime/sandbox/sandbox-state.js';
import { FolderLock } from '../store/folder-lock.js';
import { type Check, failure, ok, type Verdict, warning } from './finding.js';
import { type DetectionExpectation, withDetection } from './with-detection.js';

/** The analyses that the configuration asks for, and the setting or camera that asks. */
export interface DetectorUse {
  by: string;
  request: AnalysisRequest;
}

/** Whether a separate worker starts, the detectors that the configuration names exist, and the files of others are whole. */
export const detectionCheck = (
  program: ProgramName,
  expected: DetectionExpectation,
  uses: DetectorUse[],
): Check => ({
  about: 'detection',
  async run() {
    const fault = engineFault(expected.settings);
    if (fault) return failure(fault, 'Install it, or set detection.engine to auto.');
    try {
      return await withDetection(expected, (detection) =>
        verdictsOn(detection, { program, expected, uses, sandbox: reportedSandbox(expected) }),
      );
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      return failure(error.message, REINSTALL);
    }
  },
});

type ProgramName = 'siteglass-edge' | 'siteglass-relay';

/** The same for the workers of the running service, which asks it of itself. */
export const ownDetectionCheck = (
  program: ProgramName,
  detection: DetectionModule,
  expected: Pick<DetectionExpectation, 'settings'>,
  uses: DetectorUse[],
): Check => ({
  about: 'detection',
  run: () => {
    const { state, ready, workers } = detection.pool.status();
    if (state === 'unavailable')
      return failure('no worker is ready', `journalctl -u ${program} -n 50`);
    if (state === 'degraded')
      return warning(`${ready} of ${workers} workers are ready`, `journalctl -u ${program} -n 50`);
    return verdictsOn(detection, { program, expected, uses, sandbox: undefined });
  },
});

interface Examined {
  program: ProgramName;
  expected: Pick<DetectionExpectation, 'settings'>;
  uses: DetectorUse[];
  /** Of the service, if it is another process. */
  sandbox: SandboxState | undefined;
}

async function verdictsOn(
  detection: DetectionModule,
  { program, expected: { settings }, uses, sandbox }: Examined,
): Promise<Verdict[]> {
  await detection.pool.ping();
  return [
    ...verdicts(detection, program, sandbox),
    ...[DEFAULTS, ...uses].flatMap((use) => unplannable(detection, use)),
    ...modelFaults(settings, detection.catalog.named()).map(({ path, message }) =>
      failure(`${path}: ${message}`, CORRECT),
    ),
    ...settings.models.flatMap((id) => notDownloaded(detection, id, program)),
  ];
}

/** Of the service, if it runs. */
const reportedSandbox = ({ dataFolder }: DetectionExpectation): SandboxState | undefined =>
  FolderLock.isHeld(dataFolder) ? readSandbox(dataFolder) : undefined;

function verdicts(
  { pool, catalog }: DetectionModule,
  program: string,
  ofService: SandboxState | undefined,
): Verdict[] {
  const { engines, sandbox: own } = pool.status();
  // The doctor is not under the unit, which may deny a part.
  const sandbox = ofService ?? own;
  const detectors = catalog.detectors();
  const rejected = detectors.filter(({ status }) => status === 'refused');
  const ready = detectors.filter(({ status }) => status === 'ready');
  const found = `worker ready, ${ready.length} detectors, engines: ${engines.join(', ')}`;
  const text = sandbox ? `${found}, sandbox: ${describeSandbox(sandbox)}` : found;
  return [
    engineVerdict(text, engines),
    ...(sandbox ? sandboxVerdicts(sandbox) : []),
    ...rejected.map((detector) =>
      warning(
        `detector ${detector.id} was rejected: ${detector.reason ?? 'no reason given'}`,
        adviceOn(detector, program),
      ),
    ),
  ];
}

function adviceOn({ id, removable, origin, reason }: DetectorResource, program: string): string {
  if (needsInstallation(reason)) return INSTALL;
  if (!removable && origin === 'operator') return 'Correct or remove its file in detection.folder.';
  if (!removable) return REINSTALL;
  if (origin === 'download') return `sudo ${program} detector add ${id}`;
  return `Add its file again, or remove it: sudo ${program} detector remove ${id}`;
}

function notDownloaded({ catalog }: DetectionModule, id: string, program: string): Verdict[] {
  const detector = catalog.detectors().find((one) => one.id === id);
  if (detector?.status !== 'available') return [];
  const fault = runtimeFault();
  if (fault !== undefined)
    return [failure(`model ${id} of detection.models cannot be used: ${fault}`, INSTALL)];
  return [
    warning(
      `model ${id} of detection.models is not downloaded`,
      `The service downloads it; if that fails, its log says why ("model not added"). By hand: sudo ${program} detector add ${id}`,
    ),
  ];
}

/** Whether a text ends with what to install. */
const needsInstallation = (text = ''): boolean =>
  [openCvFault('engine'), runtimeFault()].some((fault) => fault && text.endsWith(fault));

/** Requests that name no detector. */
const DEFAULTS: DetectorUse = { by: 'detection.defaultDetectors', request: {} };

const INSTALL = 'Install it. Its package restarts the service; in a checkout, restart it yourself.';
const CORRECT =
  'Correct the setting, or add the detector. GET /api/v1/objectdetection/detectors lists all of them.';
const REINSTALL = 'Reinstall the package. In a checkout of the source, run: npm run setup';

function engineVerdict(text: string, engines: EngineName[]): Verdict {
  if (engines.includes('siteglass')) return ok(text);
  return warning(`${text}; the native engine does not load, so searches are slower`, REINSTALL);
}

function sandboxVerdicts({ missing }: SandboxState): Verdict[] {
  return missing.map((what) =>
    warning(
      `the sandbox of the workers lacks ${what}`,
      'See "Sandbox of the workers" in docs/security.md.',
    ),
  );
}

function unplannable({ catalog }: DetectionModule, { by, request }: DetectorUse): Verdict[] {
  try {
    catalog.plan(request);
    return [];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const text = `${by}: ${messageOf(error)}`;
    return [failure(text, needsInstallation(text) ? INSTALL : CORRECT)];
  }
}
