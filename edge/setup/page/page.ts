/** Of the first run. A small page of its own: it works before anything is configured, and offline. */
export const pageHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Set up Siteglass</title>
<link rel="icon" href="/setup/icon.svg">
<link rel="stylesheet" href="/setup/page.css">
<script type="module" src="/setup/page.js"></script>
</head>
<body>
<main>
<h1>Set up Siteglass</h1>
<noscript><p>This page needs JavaScript. docs/api.md describes the same calls for programs.</p></noscript>
<p id="message" role="status" aria-live="polite"></p>
<p id="fault" role="alert"></p>

<form id="code-form">
<p>The log of the service shows the code, and so does the terminal where it was started.</p>
<p class="command"><code>sudo cat /var/lib/siteglass-edge/set-up-code</code></p>
<label for="code">Code</label>
<input id="code" name="code" required autocomplete="off" autocapitalize="characters" spellcheck="false" placeholder="XXXX-XXXX" maxlength="16">
<button type="submit">Continue</button>
</form>

<form id="setup-form" hidden>
<p id="fingerprint"></p>
<fieldset>
<legend>Site</legend>
<label for="site">Id of the site</label>
<input id="site" name="site" required pattern="[a-z0-9][a-z0-9\\-]{0,62}" maxlength="63" autocapitalize="none" spellcheck="false" aria-describedby="site-help">
<p id="site-help" class="help">a-z, 0-9 and "-", for example depot-7. Give each appliance a different one.</p>
</fieldset>
<fieldset>
<legend>Administrator</legend>
<label for="name">Name</label>
<input id="name" name="name" required pattern="[a-z0-9][a-z0-9._@\\-]{0,62}" maxlength="63" value="admin" autocomplete="username" autocapitalize="none" spellcheck="false">
<label for="password">Password</label>
<input id="password" name="password" type="password" required minlength="12" maxlength="256" autocomplete="new-password" aria-describedby="password-help">
<p id="password-help" class="help">At least 12 characters, and no common password. Four words are good.</p>
<label for="repeated">Password again</label>
<input id="repeated" name="repeated" type="password" required maxlength="256" autocomplete="new-password">
</fieldset>
<fieldset>
<legend>Network</legend>
<label for="network">Who reaches this appliance</label>
<select id="network" name="network" aria-describedby="network-help"></select>
<p id="network-help" class="help">Other machines use HTTPS, with the certificate of this page.</p>
</fieldset>
<fieldset>
<legend>Relay</legend>
<label for="relay">Report to a relay</label>
<select id="relay" name="relay" aria-describedby="relay-help">
<option value="none">Not now</option>
<option value="code">With a code of the relay</option>
<option value="account">With an address and a password</option>
</select>
<p id="relay-help" class="help">You can do this later, too.</p>
<div id="relay-code" hidden>
<label for="enrolment">Code of the relay</label>
<input id="enrolment" name="enrolment" autocomplete="off" spellcheck="false" maxlength="1024">
</div>
<div id="relay-account" hidden>
<label for="url">Address</label>
<input id="url" name="url" placeholder="mqtts://relay.example.org" autocapitalize="none" spellcheck="false" maxlength="512">
<label for="username">User name</label>
<input id="username" name="username" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="256">
<label for="relay-password">Password of the site</label>
<input id="relay-password" name="relay-password" type="password" autocomplete="off" maxlength="1024">
<label for="pin">Fingerprint of the relay (SHA-256), if its certificate is its own</label>
<input id="pin" name="pin" autocomplete="off" spellcheck="false" maxlength="95">
</div>
</fieldset>
<button type="submit">Set up</button>
</form>

<section id="done" hidden aria-labelledby="done-title">
<h2 id="done-title" tabindex="-1">The appliance is set up</h2>
<p>It is reached at <a id="address" href="/"></a>. You are logged in.</p>
<p><a class="button" href="/cameras/new?first">Add your first camera</a></p>
<h3>Or try a picture</h3>
<p>Choose an image with a stop sign.</p>
<form id="try-form">
<label for="image">Image</label>
<input id="image" name="image" type="file" accept="image/jpeg,image/png,image/webp" required>
<button type="submit">Detect</button>
</form>
<ul id="detections"></ul>
<img id="processed" alt="" hidden>
<p><a href="/docs">All calls of the API</a></p>
</section>
</main>
</body>
</html>
`;

export const pageCss = `:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
* { box-sizing: border-box; }
body { margin: 0; background: Canvas; color: CanvasText; }
main { max-width: 34rem; margin: 0 auto; padding: 1rem; }
[hidden] { display: none; }
fieldset { margin: 1rem 0; padding: .75rem 1rem 1rem; border: 1px solid GrayText; border-radius: .5rem; }
legend { font-weight: 600; padding: 0 .25rem; }
label { display: block; margin-top: .75rem; font-weight: 600; }
input, select { display: block; width: 100%; min-height: 2.75rem; padding: .5rem; font: inherit; border: 1px solid GrayText; border-radius: .375rem; background: Field; color: FieldText; }
button, .button { display: inline-block; margin-top: 1rem; min-height: 2.75rem; padding: .5rem 1.25rem; font: inherit; font-weight: 600; border: 0; border-radius: .375rem; background: #0b57a4; color: #fff; text-decoration: none; cursor: pointer; }
button:disabled { opacity: .6; }
:focus-visible { outline: 3px solid #d97a00; outline-offset: 2px; }
.help { margin: .25rem 0 0; font-size: .9rem; }
.command, #fingerprint { overflow-wrap: anywhere; }
#fault:not(:empty) { padding: .75rem; border-left: .3rem solid #b3261e; background: #b3261e1a; }
#message:not(:empty) { padding: .75rem; border-left: .3rem solid #0b57a4; background: #0b57a41a; }
img { max-width: 100%; height: auto; }
`;

export const iconSvg =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.5" fill="#0b57a4"/><circle cx="8" cy="8" r="2.5" fill="#fff"/></svg>';
