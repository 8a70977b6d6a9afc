import type { Picture } from './picture.js';

/** A small picture for tests of a way, where none is stored: 160 by 90 pixels, PNG. */
export const samplePicture = (): Picture => ({
  mediaType: 'image/png',
  bytes: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAKAAAABaAgMAAABCqLXBAAAADFBMVEUgMDz/zDOIqrtVbnxADWtEAAAACXBIWXMAAAsTAAALEwEAmpwYAAAAhElEQVRIx+3WoQ2AMBBAURKCQXQQRmCKGvZDkisJHYF5OgIKDoHBfFHRwn1V8Qxw19A0lvWjuunJFwv9+2SwPnhsDDqRiGASCQS2crUD6BRGAHuFM4CjwhXAQeECYFIYckK5Kxvmf2r8wvEnxEOBxwwPLl4Fvlx4Xe3aqxtW8AdgWR/rBBbmjEcAt74QAAAAAElFTkSuQmCC',
    'base64',
  ),
});
