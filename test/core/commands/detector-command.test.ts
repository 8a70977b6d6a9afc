import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { detectorCommand } from '../../../core/commands/detector-command.js';
import { parseConfiguration } from '../../../core/runtime/configuration.js';
import { StartError } from '../../../core/runtime/errors.js';
import { projectRoot } from '../../../core/runtime/project-root.js';
import { edgeConfigSchema } from '../../../edge/config.js';
import { noise } from '../../support/damage.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const cascadeFile = join(projectRoot(), 'cascades', 'stop-sign.xml');
const sample = join(projectRoot(), 'samples', '4-two-signs.jpg');

/** The command in this process, with the words and options of a command line. */
async function setUp(t: ExecutionContext) {
  const dataFolder = join(await temporaryFolder(t), 'data');
  const { detection, images } = parseConfiguration(edgeConfigSchema, '', 'the test');
  const expected = { settings: detection, maxPixels: images.maxPixels, dataFolder };
  const value = { type: 'string' } as const;
  const options = { name: value, url: value, sha256: value, json: { type: 'boolean' } } as const;
  const detector = (...args: string[]) => {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const given = { ...values, json: values.json ?? false, words: positionals };
    return detectorCommand(expected, given, { write: () => true });
  };
  return { detector, list: () => detector('list', '--json') };
}

test.serial('what cannot be added is refused in words, and nothing changes', async (t) => {
  const { detector, list } = await setUp(t);
  const url = ['--url', 'http://127.0.0.1/a.onnx'];
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'junk.onnx'), noise(5_000));
  await writeFile(join(folder, 'README.md'), 'text');
  await mkdir(join(folder, 'folder.onnx'));
  const before = await list();
  const cases: [words: string[], message: RegExp][] = [
    [['add', join(folder, 'junk.onnx')], /it was not added: .{10,}/],
    [['add', join(folder, 'gone.onnx')], /the file cannot be read: ENOENT/],
    [['add', join(folder, 'README.md')], /README\.md is neither a model \(\.onnx\) nor a cascade/],
    [['add', join(folder, 'folder.onnx')], /folder\.onnx is not a file/],
    [['add', 'yolo-nano'], /there is no detector "yolo-nano"\. Did you mean "yolox-nano"\?/],
    [['add', 'face'], /"face" needs no download/],
    [['add', 'Car'], /Car: expected/],
    [['add', 'a', '--url', 'ftp://h/a.onnx'], /--url: expected http/],
    [['add', 'a', '--sha256', 'ab'], /--sha256 needs --url/],
    [['add', 'a', ...url, '--sha256', 'ab'], /expected 64 hexadecimal/],
    [['add', cascadeFile, '--sha256', 'ab'], /a file takes neither/],
    [['add', cascadeFile, '--name', 'face'], /there is a detector "face" already/],
    [['remove', 'stop-sing'], /there is no detector "stop-sing"/],
    [['remove', 'stop-sign'], /comes with Siteglass and cannot be removed/],
    [['remove', 'yunet'], /is not downloaded, so there is nothing to remove/],
    [['remove', 'x', '--name', 'y'], /--name is an option of "detector add"/],
    [['try', 'stop-sing', sample], /Did you mean "stop-sign"\?/],
    [['try', 'stop-sign', join(folder, 'gone.jpg')], /the image cannot be read/],
    [['try', 'stop-sign', join(folder, 'README.md')], /image/],
    [['try', 'yolox-nano', sample], /is not downloaded/],
    [['add'], /^expected "detector list"/],
    [['list', 'all'], /^expected "detector list"/],
    [['wipe', 'all'], /^expected "detector list"/],
  ];
  for (const [words, message] of cases) {
    const error = await t.throwsAsync(detector(...words), { instanceOf: StartError });
    t.regex(error.message, message, words.join(' '));
  }
  t.deepEqual(await list(), before);
});
