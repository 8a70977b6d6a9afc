import type { ImageResult } from '../../../core/contract/image.js';
import type { Problem } from '../../../core/contract/problem.js';
import type { SetupDone, SetupRequest, SetupState } from '../setup-contract.js';
import type { Page, PageElement, PageLocation, PageOption } from './browser.js';

/** Runs in the browser, and uses the same REST calls as any program. */

declare const document: Page;
declare const location: PageLocation;
declare const Option: PageOption;

function element(id: string): PageElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}
const wait = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));

/** Where the API says that something is wrong, and the field that it belongs to. */
const FIELDS: Record<string, string> = {
  site: 'site',
  'administrator.name': 'name',
  'administrator.password': 'password',
  network: 'network',
  'relay.code': 'enrolment',
  'relay.url': 'url',
  'relay.fingerprint': 'pin',
};
const LOG_IN_TRIES = 60;
const NO_ANSWER =
  'Siteglass does not answer. Check that this device is in the same network, and try again.';

let code = '';

class Refused extends Error {
  constructor(readonly problem: Problem) {
    const errors = problem.errors?.map(({ path, message }) => `${path}: ${message}`) ?? [];
    super(errors.length > 0 ? errors.join('. ') : (problem.detail ?? problem.title));
  }
}

async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(`/api/v1${path}`, init).catch(() => {
    throw new Error(NO_ANSWER);
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (body === undefined)
    throw new Error(
      `Something other than Siteglass answered (HTTP ${response.status}). Try again.`,
    );
  if (!response.ok) throw new Refused(body as Problem);
  return body as T;
}

const json = (
  method: string,
  body: unknown,
  headers: Record<string, string> = {},
): RequestInit => ({
  method,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

function say(message: string, fault = ''): void {
  element('message').textContent = message;
  element('fault').textContent = fault;
}

/** Runs a form's work once at a time, and shows why it failed. */
function onSubmit(id: string, work: () => Promise<void>): void {
  const form = element(id);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    if (button) button.disabled = true;
    for (const field of form.querySelectorAll('[aria-invalid]'))
      field.removeAttribute('aria-invalid');
    say('');
    work()
      .catch(showFault)
      .finally(() => {
        if (button) button.disabled = false;
      });
  });
}

function showFault(error: unknown): void {
  say('', error instanceof Error ? error.message : String(error));
  if (!(error instanceof Refused)) return;
  const ids = (error.problem.errors ?? []).flatMap(({ path }) => FIELDS[path] ?? []);
  for (const id of ids) element(id).setAttribute('aria-invalid', 'true');
  if (ids[0]) element(ids[0]).focus();
}

function show(id: string): void {
  for (const part of ['code-form', 'setup-form', 'done']) element(part).hidden = part !== id;
}

/** What the configuration has is shown, and cannot be changed here. */
function fix(id: string, value: string | null, configuration: string | null): void {
  const field = element(id);
  field.disabled = true;
  field.required = false;
  if (value !== null) field.value = value;
  element(`${id}-help`).textContent =
    `Set in ${configuration ?? 'the command line'}; change it there.`;
}

function option(value: string, text: string): void {
  element('network').append(new Option(text, value));
}

function fill({ site, network, relay, addresses, configuration, fingerprint }: SetupState): void {
  option('lan', 'All machines in the network (LAN)');
  option('this-machine', 'This machine alone');
  for (const address of addresses) option(address, `Machines that reach ${address}`);
  if (network.fixed) {
    option(String(network.value), String(network.value));
    fix('network', String(network.value), configuration);
  }
  if (site.fixed) fix('site', String(site.value), configuration);
  if (relay.fixed) fix('relay', null, configuration);
  element('fingerprint').textContent = fingerprint
    ? `The certificate of this appliance has the fingerprint (SHA-256) ${fingerprint}.`
    : '';
}

function relayOf(): SetupRequest['relay'] {
  const kind = element('relay').value;
  if (element('relay').disabled || kind === 'none') return undefined;
  if (kind === 'code') return { code: element('enrolment').value.trim() };
  const text = (id: string) => element(id).value.trim() || undefined;
  return {
    url: text('url') ?? '',
    username: text('username'),
    password: element('relay-password').value || undefined,
    fingerprint: text('pin'),
  };
}

/** The services restart: nobody answers for some seconds, and asking before that would only fail. */
async function logIn(user: string, password: string, seconds: number): Promise<void> {
  say(`Siteglass restarts with the new settings. This takes about ${seconds} seconds.`);
  await wait(seconds);
  for (let tries = 1; ; tries++)
    try {
      await call('/session', json('POST', { user, password }));
      return;
    } catch (error) {
      const isRefused = error instanceof Refused && error.problem.status < 500;
      if (isRefused || tries === LOG_IN_TRIES) throw error;
      await wait(1);
    }
}

onSubmit('code-form', async () => {
  code = element('code').value;
  fill(await call<SetupState>('/setup', { headers: { 'Setup-Code': code } }));
  show('setup-form');
  element('site').focus();
});

onSubmit('setup-form', async () => {
  const [user, password] = [element('name').value, element('password').value];
  if (password !== element('repeated').value) {
    element('repeated').focus();
    throw new Error('The two passwords differ.');
  }
  const request: SetupRequest = {
    ...(!element('site').disabled && { site: element('site').value }),
    administrator: { name: user, password },
    ...(!element('network').disabled && { network: element('network').value }),
    relay: relayOf(),
  };
  const done = await call<SetupDone>('/setup', json('POST', request, { 'Setup-Code': code }));
  const address = element('address');
  address.href = done.url;
  address.textContent = done.url;
  element('setup-form').hidden = true;
  const isElsewhere = element('network').value === 'this-machine' && !isThisMachine();
  if (isElsewhere) {
    say(`The appliance is set up. It is now reached on its own machine alone, at ${done.url}.`);
    return;
  }
  await logIn(user, password, done.readyInSeconds);
  say('');
  show('done');
  element('done-title').focus();
});

const isThisMachine = (): boolean => /^(localhost|127\.|\[::1\])/.test(location.hostname);

onSubmit('try-form', async () => {
  const form = new FormData();
  const file = element('image').files?.[0];
  if (file) form.append('image', file);
  say('Searching the image.');
  const result = await call<ImageResult>('/objectdetection/image', { method: 'POST', body: form });
  if (result.status !== 'OK') throw new Error('The image was not analysed yet.');
  const { detections, image } = result;
  say(detections.length > 0 ? `Found: ${detections.length}.` : 'Nothing was found in this image.');
  const items = detections.map(({ label, confidence }) => {
    const item = document.createElement('li');
    item.textContent = `${label}, confidence ${confidence.toFixed(2)}`;
    return item;
  });
  element('detections').replaceChildren(...items);
  const processed = element('processed');
  processed.src = `/api/v1/objectdetection/image/${image.id}/processed`;
  processed.alt = 'The image with what was found in it';
  processed.hidden = false;
});

element('relay').addEventListener('change', () => {
  for (const kind of ['code', 'account'])
    element(`relay-${kind}`).hidden = element('relay').value !== kind;
});

// A link may carry the code behind "#", which browsers do not send.
if (location.hash.length > 1) element('code').value = decodeURIComponent(location.hash.slice(1));
