import { useLocation } from 'preact-iso';
import { CameraView } from './camera-view.js';
import { LiveGrid } from './live-grid.js';

const CAMERA = /^\/live\/([^/]+)$/;

/** All cameras, or one. */
export function LivePage() {
  const { path } = useLocation();
  const id = CAMERA.exec(path)?.[1];
  return id === undefined ? <LiveGrid /> : <CameraView key={id} id={decodeURIComponent(id)} />;
}
