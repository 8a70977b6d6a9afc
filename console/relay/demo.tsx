import { start } from '../shared/start.js';
import { DemoPage } from './demo/demo-page.js';

start(<DemoPage />);
