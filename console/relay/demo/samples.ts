import { texts } from '../../texts/texts.js';
import empty from './samples/1-empty-street.jpg';
import near from './samples/3-sign-near.jpg';
import two from './samples/4-two-signs.jpg';
import left from './samples/5-sign-left.jpg';

const { sampleNames } = texts.demo;

/** Drawn by the project itself (test/support/render-demo.ts). */
export const samples = [
  { file: '4-two-signs.jpg', url: two, name: sampleNames.two },
  { file: '3-sign-near.jpg', url: near, name: sampleNames.near },
  { file: '5-sign-left.jpg', url: left, name: sampleNames.left },
  { file: '1-empty-street.jpg', url: empty, name: sampleNames.empty },
];
