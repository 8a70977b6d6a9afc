import { cycleIn, loadedFrom, type SourceFile } from './imports.js';

/** A rule of the project's layout. `violations` names each file that breaks it, and how. */
export interface LayoutRule {
  name: string;
  violations(files: SourceFile[]): string[];
}

/** Folders of each program from the lowest floor upwards. Those on one line are on one floor and do not know each other. */
const FLOORS: Record<string, string[][]> = {
  core: [
    ['contract'],
    ['runtime'],
    ['store', 'messaging', 'opencv'],
    ['http'],
    ['detection', 'capture', 'access', 'notifications'],
    ['images'],
    ['doctor', 'backup'],
    ['commands'],
  ],
  'core/detection': [
    ['engine', 'models', 'decoder', 'headers'],
    ['.'],
    ['onnx'],
    ['catalog', 'worker'],
    ['pool', 'installer'],
    ['create-detection.ts'],
  ],
  edge: [
    ['config.ts'],
    ['store', 'health', 'onvif'],
    ['sightings'],
    ['cameras'],
    ['retention', 'backup', 'enrolment'],
    ['pipeline'],
    ['publishing', 'uplink', 'notifications', 'setup'],
    ['events'],
    ['doctor'],
    ['system'],
    ['api'],
    ['commands', 'context.ts'],
    ['main.ts'],
  ],
  'cloud-relay': [
    ['config.ts'],
    ['store'],
    ['fleet'],
    ['ingest', 'demo', 'notifications'],
    ['api', 'doctor'],
    ['commands', 'context.ts'],
    ['main.ts'],
  ],
};

const isIn = (path: string, folder: string) => path.startsWith(`${folder}/`);

/** The part of `root` that a path belongs to: one of its folders, one of its listed files, or `.` for other files. */
function partOf(path: string, root: string, floors: string[][]): string {
  const [first = '', ...rest] = path.slice(root.length + 1).split('/');
  return rest.length > 0 || floors.flat().includes(first) ? first : '.';
}

/** Everything may import a program's configuration, which is made of the settings of its parts. */
const isConfiguration = (path: string) => /^(edge|cloud-relay)\/config\.ts$/.test(path);

function floorRule(root: string, floors: string[][]): LayoutRule {
  const levelOf = (part: string) => floors.findIndex((floor) => floor.includes(part));
  return {
    name: `dependencies in ${root}/ point downwards`,
    violations: (files) =>
      files.flatMap(({ path, imports }) => {
        if (!isIn(path, root) || isConfiguration(path)) return [];
        const part = partOf(path, root, floors);
        if (levelOf(part) < 0) return [`${path} is in no folder of the layout`];
        return imports
          .filter(({ target }) => isIn(target, root) && !isConfiguration(target))
          .filter(({ target }) => {
            const other = partOf(target, root, floors);
            return other !== part && levelOf(other) >= levelOf(part);
          })
          .map(({ target }) => `${path} imports ${target}`);
      }),
  };
}

/** Files of `from` do not import what `isForbidden`. */
function forbidden(
  name: string,
  isFrom: (path: string) => boolean,
  isForbidden: (target: string) => boolean,
): LayoutRule {
  return {
    name,
    violations: (files) =>
      files
        .filter(({ path }) => isFrom(path))
        .flatMap(({ path, imports }) =>
          imports
            .filter(({ target }) => isForbidden(target))
            .map(({ target }) => `${path} imports ${target}`),
        ),
  };
}

function onlyFiles(root: string, names: string[]): LayoutRule {
  return {
    name: `${root}/ holds ${names.join(', ')} and folders, nothing else`,
    violations: (files) =>
      files
        .filter(({ path }) => isIn(path, root) && path.split('/').length === 2)
        .filter(({ path }) => !names.includes(path.slice(root.length + 1)))
        .map(({ path }) => `${path} is not in a folder`),
  };
}

const OPENCV = 'core/opencv/opencv.ts';
const ONNX_RUNTIME = 'core/detection/onnx/runtime.ts';

function neverLoads(entry: string): LayoutRule {
  return {
    name: `the process of ${entry} never loads OpenCV, ONNX Runtime, the engine, the decoder or a worker`,
    violations: (files) =>
      [...loadedFrom(entry, files)]
        .filter(
          (path) =>
            path === OPENCV ||
            path === ONNX_RUNTIME ||
            isIn(path, 'core/detection/worker') ||
            path === 'core/detection/engine/kernel.ts' ||
            path === 'core/detection/decoder/native-decoder.ts',
        )
        .map((path) => `${entry} loads ${path}`),
  };
}

export const layoutRules: LayoutRule[] = [
  ...Object.entries(FLOORS).map(([root, floors]) => floorRule(root, floors)),
  forbidden(
    'core/ knows neither program',
    (path) => isIn(path, 'core'),
    (target) => /^(edge|cloud-relay|console)\//.test(target),
  ),
  forbidden(
    'the appliance does not know the relay',
    (path) => isIn(path, 'edge'),
    (target) => isIn(target, 'cloud-relay'),
  ),
  forbidden(
    'the relay does not know the appliance',
    (path) => isIn(path, 'cloud-relay'),
    (target) => isIn(target, 'edge'),
  ),
  forbidden(
    'core/contract/ is pure: it imports zod and nothing else',
    (path) => isIn(path, 'core/contract'),
    (target) => target !== 'zod' && !isIn(target, 'core/contract'),
  ),
  {
    name: 'the console knows the types of core/contract/ and nothing else of the programs',
    violations: (files) =>
      files
        .filter(({ path }) => isIn(path, 'console'))
        .flatMap(({ path, imports }) =>
          imports
            .filter(({ target }) => /^(core|edge|cloud-relay)\//.test(target))
            .filter(({ target, isType }) => !isType || !isIn(target, 'core/contract'))
            .map(({ target }) => `${path} imports ${target}`),
        ),
  },
  forbidden(
    'only core/opencv/ knows the OpenCV addon',
    (path) => !isIn(path, 'core/opencv'),
    (target) => target.startsWith('@u4/'),
  ),
  forbidden(
    'only core/detection/onnx/ knows ONNX Runtime',
    (path) => !isIn(path, 'core/detection/onnx'),
    (target) => target.startsWith('onnxruntime-'),
  ),
  onlyFiles('edge', ['main.ts', 'context.ts', 'config.ts']),
  onlyFiles('cloud-relay', ['main.ts', 'context.ts', 'config.ts']),
  neverLoads('edge/main.ts'),
  neverLoads('cloud-relay/main.ts'),
  {
    name: 'no import cycle, type imports included',
    violations: (files) => {
      const cycle = cycleIn(files);
      return cycle ? [cycle.join(' → ')] : [];
    },
  },
];
