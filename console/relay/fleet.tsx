import { start } from '../shared/start.js';
import { FleetApp } from './fleet/fleet-app.js';

start(<FleetApp />);
