import { ErrorBoundary, lazy, useLocation } from 'preact-iso';
import { CameraList } from './list/camera-list.js';
import './cameras.css';

const AddCameraPage = lazy(() => import('./add/add-camera-page.js').then((p) => p.AddCameraPage));
const CameraPage = lazy(() => import('./editor/camera-page.js').then((p) => p.CameraPage));
const DetectorsPage = lazy(() =>
  import('./detectors/detectors-page.js').then((p) => p.DetectorsPage),
);

/** All views below `/cameras`. A camera has a second part in its path, so that its id may be "new" or "detectors". */
export function CamerasPage() {
  const { path } = useLocation();
  const [, , id, tab] = path.split('/').map(decodeURIComponent);
  return <ErrorBoundary>{viewOf(id, tab)}</ErrorBoundary>;
}

function viewOf(id: string | undefined, tab: string | undefined) {
  if (id === undefined || id === '') return <CameraList />;
  if (tab === undefined && id === 'new') return <AddCameraPage />;
  if (tab === undefined && id === 'detectors') return <DetectorsPage />;
  return <CameraPage key={id} camera={id} tab={tab ?? 'settings'} />;
}
