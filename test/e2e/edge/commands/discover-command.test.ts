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
  snapshot  http://192.0.2.17/snap.jpg?profile=main
  stream    rtsp://192.0.2.17:554/main`,
  );
  for (const request of requests) t.notRegex(request, /s3cret/);
});

test.serial('invalid responses, and responses to another probe, are ignored', async (t) => {
  const others = ['junk', '<x/>', '<e><Body><ProbeMatches/></Body></e>', matchElsewhere];
  await startOnvifDevice(t, others);
  const { code, output } = await discover(t, ...ACCOUNT);
  t.is(code, 0);
  t.regex(output, /^127\.0\.0\.1\n {2}snapshot {2}http.*\n {2}stream {4}rtsp.*$/);
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
