import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf } from './command.mjs';

/** What the addon of OpenCV links. */
const LIBRARIES = ['core', 'imgproc', 'imgcodecs', 'objdetect', 'videoio'];

/** Its sources for these modules: 26 of 104. */
const SOURCES = {
  '': ['CustomMatAllocator', 'ExternalMemTracking', 'opencv4nodejs'],
  core: [
    ...['HistAxes', 'Mat', 'Point', 'Rect', 'RotatedRect', 'Size', 'TermCriteria', 'Vec'],
    ...['core', 'coreConstants'],
  ],
  imgproc: ['Contour', 'MatImgproc', 'Moments', 'imgproc', 'imgprocConstants'],
  io: ['VideoCapture', 'VideoWriter', 'io', 'ioConstants'],
  objdetect: ['CascadeClassifier', 'DetectionROI', 'HOGDescriptor', 'objdetect'],
};

/**
 * How the addon of OpenCV is compiled: only the modules of packaging/opencv, whose headers are found before OpenCV's. The
 * addon's own search for OpenCV would take every module that is installed.
 * @param {string} root
 */
export function openCvSettings(root) {
  const objects = Object.entries(SOURCES).flatMap(([folder, names]) =>
    names.map((name) => `$(obj).target/opencv4nodejs/${join('cc', folder, name)}.o`),
  );
  const { include, libraries } = openCvFolders();
  return {
    env: {
      OPENCV4NODEJS_DISABLE_AUTOBUILD: '1',
      OPENCV_INCLUDE_DIR: join(root, 'packaging', 'opencv'),
      OPENCV_LIB_DIR: libraries,
      // After the -O3 that node-gyp sets. The expensive code is in OpenCV's own libraries.
      CXXFLAGS: `-O1 -g0 -isystem ${include}`,
    },
    make: [
      `OBJS=${objects.join(' ')}`,
      `LIBS=${LIBRARIES.map((name) => `-lopencv_${name}`).join(' ')}`,
    ],
  };
}

/** Debian's names of the folders of libraries. */
const TRIPLETS = new Map([
  ['x64', 'x86_64-linux-gnu'],
  ['arm64', 'aarch64-linux-gnu'],
]);

/** Where OpenCV is, or will be once Debian's packages are installed. Elsewhere pkg-config says where a person put it. */
function openCvFolders() {
  const found = (/** @type {string} */ name) =>
    existsSync('/etc/debian_version')
      ? undefined
      : outputOf('pkg-config', [`--variable=${name}`, 'opencv4']);
  return {
    include: found('includedir') ?? '/usr/include/opencv4',
    libraries: found('libdir') ?? join('/usr/lib', TRIPLETS.get(process.arch) ?? ''),
  };
}
