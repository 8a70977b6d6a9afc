import test from 'ava';
import { z } from 'zod';
import { cameraSettingsSchema } from '../../../core/contract/camera-settings.js';
import { cameraSchema } from '../../../edge/cameras/camera-config.js';
import { shownSettings } from '../../../edge/cameras/managed/shown-settings.js';
import { withoutDefaults } from '../../../edge/cameras/managed/without-defaults.js';
import { cameraConfig } from '../support/cameras.js';

interface Described {
  properties?: Record<string, Described>;
  anyOf?: Described[];
  oneOf?: Described[];
  $defs?: Record<string, Described>;
  const?: unknown;
}

/** The settings of each kind of camera, with those within them. */
function settingsIn(schema: z.ZodType): Record<string, string[]> {
  const options = { unrepresentable: 'any', io: 'input', reused: 'inline' } as const;
  const { $defs, ...root } = z.toJSONSchema(schema, options) as Described;
  // A schema with an id of its own is a reference to it.
  const { oneOf, anyOf } = $defs?.CameraSettings ?? root;
  return Object.fromEntries(
    (oneOf ?? anyOf ?? []).map(({ properties = {} }) => [
      String(properties.kind?.const),
      namesIn({ properties }).sort(),
    ]),
  );
}

const namesIn = ({ properties = {} }: Described, path = ''): string[] =>
  Object.entries(properties).flatMap(([name, value]) => {
    const isSecret = ['password', 'pushSecret'].includes(name);
    return [`${path}${name}`, ...(isSecret ? [] : namesIn(value, `${path}${name}.`))];
  });

test('the contract of the API has every setting of every kind of camera, and no other', (t) => {
  t.deepEqual(settingsIn(cameraSettingsSchema), settingsIn(cameraSchema));
});

const CAMERAS: Record<string, Record<string, unknown>> = {
  http: { kind: 'http', url: 'http://192.0.2.1/', auth: { username: 'a', password: 'b' } },
  mjpeg: { kind: 'mjpeg', url: 'https://192.0.2.1/', fingerprint: 'ab'.repeat(32), oldTls: true },
  rtsp: { kind: 'rtsp', url: 'rtsp://192.0.2.1/', holdOpenSeconds: 9 },
  device: { kind: 'device', path: '/dev/video0', orientation: 90 },
  video: { kind: 'video', path: '/srv/a.mp4', parameters: { tiles: '2x2', minSize: 5 } },
  folder: { kind: 'folder', path: '/srv/in', recursive: false, motion: { threshold: 9 } },
  push: { kind: 'push', pushSecret: 'x'.repeat(16), windows: [{ from: '07:00', to: '08:00' }] },
};
for (const [kind, settings] of Object.entries(CAMERAS))
  test(`settings of a ${kind} camera are shown as the contract has them, and stored without defaults`, (t) => {
    const config = cameraConfig(settings);
    const shown = shownSettings(config, { isAdmin: true });
    t.true(cameraSettingsSchema.safeParse(shown).success);
    const stored = withoutDefaults(config);
    t.deepEqual(stored, { id: 'gate', ...settings });
    t.deepEqual(cameraSchema.parse(stored), config);
  });
