import test, { type ExecutionContext } from 'ava';
import { matchElsewhere, startOnvifDevice } from '../../../edge/support/onvif-device.js';
import { runToEnd } from '../../../support/program.js';

const discover = (t: ExecutionContext, ...settings: string[]) =>
  runToEnd(
    t,
    'edge',
    ['discovery.interface=lo', 'discovery.timeoutSeconds=1', ...settings]
      .flatMap((setting) => ['--set', setting])
      .concat('discover'),
  );
const ACCOUNT = ['discovery.auth.username=viewer', 'discovery.auth.password=s3cret'];

test.serial('ONVIF cameras on the network are listed with their addresses', async (t) => {
  const { requests } = await startOnvifDevice(t);
  const { code, output, errors } = await discover(t, ...ACCOUNT);
  t.is(errors, '');
  t.is(code, 0);
  t.is(
    output,
    `127.0.0.1
  snapshot  http://192.0.2.17/snap.jpg?profile=main (another address; try http://127.0.0.1/snap.jpg?profile=main)
  stream    rtsp://192.0.2.17:554/main (another address; try rtsp://127.0.0.1:554/main)`,
  );
  for (const request of requests) t.notRegex(request, /s3cret/);
});

const MEDIA = String.raw` {2}snapshot {2}http.*\n {2}stream {4}rtsp.*`;

test.serial(
  'invalid responses are ignored, and of one for elsewhere it is said that nothing is sent there',
  async (t) => {
    const others = ['junk', '<x/>', '<e><Body><ProbeMatches/></Body></e>', matchElsewhere];
    await startOnvifDevice(t, { others });
    const { code, output } = await discover(t, ...ACCOUNT);
    t.is(code, 0);
    t.regex(
      output,
      new RegExp(
        `^127\\.0\\.0\\.1\n {2}announces http://192\\.0\\.2\\.7/.*; asked at 127\\.0\\.0\\.1, .*\n {2}addresses unknown: .*\n127\\.0\\.0\\.1\n${MEDIA}$`,
      ),
    );
  },
);

const ELSEWHERE: Record<string, (port: number) => string[]> = {
  'the address of the factory': (port) => [`http://192.0.2.10:${port}/onvif/device_service`],
  'a name': (port) => [`http://ipcam.local:${port}/onvif/device_service`],
  'a link-local address': (port) => [`http://[fe80::1]:${port}/onvif/device_service`],
};
for (const [what, announced] of Object.entries(ELSEWHERE))
  test.serial(`a device that announces ${what} is asked where it responds from`, async (t) => {
    const { requests } = await startOnvifDevice(t, { announced });
    const { output } = await discover(t, ...ACCOUNT);
    t.regex(
      output,
      new RegExp(
        `^127\\.0\\.0\\.1\n {2}announces http.*; asked at 127\\.0\\.0\\.1:\\d+, .*\n${MEDIA}$`,
      ),
    );
    t.true(requests.length > 0);
  });

test.serial('several addresses, and several devices in one answer, are all listed', async (t) => {
  const right = (port: number) => `http://127.0.0.1:${port}/onvif/device_service`;
  const other = (port: number) => `http://192.0.2.20:${port}/onvif/device_service`;
  await startOnvifDevice(t, {
    announced: (port) => [
      `http://169.254.1.2:${port}/onvif/device_service ${right(port)}`,
      other(port),
      '',
    ],
  });
  const { output } = await discover(t, ...ACCOUNT);
  t.regex(
    output,
    new RegExp(
      `^127\\.0\\.0\\.1\n${MEDIA}\n127\\.0\\.0\\.1\n {2}announces http://192\\.0\\.2\\.20.*; not asked: .*\n127\\.0\\.0\\.1\n {2}not asked: it announces no address$`,
    ),
  );
});

test.serial(
  'a profile without an encoder has addresses; an error of one of them is shown',
  async (t) => {
    await startOnvifDevice(t, { hasEncoder: false, hasSnapshot: false });
    const { output } = await discover(t, ...ACCOUNT);
    t.regex(
      output,
      /^127\.0\.0\.1\n {2}snapshot {2}none: .*NotAuthorized.*\n {2}stream {4}rtsp.*$/,
    );
  },
);

test.serial(
  'a device that answers to the type of its device service alone is listed',
  async (t) => {
    await startOnvifDevice(t, { type: 'tds:Device' });
    t.regex((await discover(t, ...ACCOUNT)).output, new RegExp(`^127\\.0\\.0\\.1\n${MEDIA}$`));
  },
);

test.serial('an interface that is not there is an error that names those that are', async (t) => {
  const { code, errors } = await discover(t, 'discovery.interface=none0');
  t.not(code, 0);
  t.regex(errors, /none0 has no IPv4 address; there are .*lo/);
});

test.serial('a camera that rejects the account is still listed', async (t) => {
  await startOnvifDevice(t);
  const { code, output } = await discover(t);
  t.is(code, 0);
  t.regex(output, /^127\.0\.0\.1\n {2}addresses unknown: .*NotAuthorized/);
});

test.serial('if no device responds, the output says so', async (t) => {
  t.is((await discover(t)).output, 'No ONVIF device responded.');
});
