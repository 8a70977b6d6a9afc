import { ErrorBoundary, useLocation } from 'preact-iso';
import { lazyPart } from '../../shared/lazy-part.js';
import { CameraList } from './list/camera-list.js';
import './cameras.css';

const AddCameraPage = lazyPart(() =>
  import('./add/add-camera-page.js').then((p) => p.AddCameraPage),
);
const CameraPage = lazyPart(() => import('./editor/camera-page.js').then((p) => p.CameraPage));
const DetectorsPage = lazyPart(() =>
  import('./detectors/detectors-page.js').then((p) => p.DetectorsPage),
);

/** All views below `/cameras`. A camera has a second part in its path, so that its id may be "new" or "detectors". */
export function CamerasPage() {
  const { path } = useLocation();
  const [, , id, tab] = path.split('/').map(decoded);
  return <ErrorBoundary>{viewOf(id, tab)}</ErrorBoundary>;
}

function viewOf(id: string | undefined, tab: string | undefined) {
  if (id === undefined || id === '') return <CameraList />;
  if (tab === undefined && id === 'new') return <AddCameraPage />;
  if (tab === undefined && id === 'detectors') return <DetectorsPage />;
  return <CameraPage key={id} camera={id} tab={tab ?? 'settings'} />;
}

/** As it is, if a link was cut in the middle of a character. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
