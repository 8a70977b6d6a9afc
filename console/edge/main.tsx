import { start } from '../shared/start.js';
import { App } from './app.js';

start(<App />);
