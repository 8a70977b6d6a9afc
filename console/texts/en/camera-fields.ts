/** What each setting of a camera is called, and what it means. The keys are paths of the settings. */
export const cameraFields: Record<string, { label: string; help?: string }> = {
  name: { label: 'Name', help: 'Shown on all pages. Without a name, the id is shown.' },
  id: {
    label: 'Id',
    help: 'a-z, 0-9 and "-". It is part of addresses and topics, and cannot be changed later.',
  },
  kind: { label: 'Kind', help: 'How the pictures come from the camera.' },
  url: { label: 'Address', help: 'Of a snapshot or stream, without user name and password.' },
  path: {
    label: 'Path',
    help: 'On the appliance. The user of the service must be able to read it.',
  },
  'auth.username': {
    label: 'User name',
    help: 'Of an account at the camera. Prefer one that can only view.',
  },
  'auth.password': { label: 'Password' },
  'auth.scheme': {
    label: 'Way to log in',
    help: 'Automatic: the camera names it, and digest is preferred. Digest: the password itself is never sent. Basic: it is sent with every request.',
  },
  fingerprint: {
    label: 'Fingerprint of the certificate',
    help: 'SHA-256, of a camera with a certificate of its own. No other certificate is accepted then.',
  },
  oldTls: {
    label: 'Accept old TLS',
    help: 'TLS 1.0 and 1.1, old ciphers and short keys. Needs a fingerprint. Only for cameras that support nothing newer.',
  },
  retries: { label: 'Retries', help: 'Within one run, before it counts as a failure.' },
  holdOpenSeconds: {
    label: 'Hold the stream open',
    help: 'For this long after a snapshot. An open stream costs a fifth of a core; to open it again takes about a second.',
  },
  stepSeconds: { label: 'Step', help: 'Each run moves forward in the video by this much.' },
  loop: { label: 'Repeat', help: 'Starts again at the end.' },
  recursive: { label: 'Read the folders below it' },
  afterwards: {
    label: 'After the analysis of a file',
    help: 'Files that cannot be analysed are kept.',
  },
  pushSecret: {
    label: 'Secret for uploads',
    help: '16 to 128 of A-Z, a-z, 0-9, "-" and "_". It allows the uploads of this camera and nothing else.',
  },
  maxPerMinute: { label: 'Most uploads a minute', help: 'More are refused.' },
  silentAfterSeconds: {
    label: 'Silent after',
    help: 'A run without an upload for this long counts as a failure. Empty: never.',
  },
  schedule: {
    label: 'Cron expression',
    help: 'Six fields: second, minute, hour, day, month, weekday.',
  },
  jitterSeconds: {
    label: 'Random delay',
    help: 'Each run is delayed by up to this, so that not all cameras respond at once.',
  },
  enabled: { label: 'Takes snapshots', help: 'Off: the camera starts paused.' },
  timeoutSeconds: { label: 'Time limit', help: 'Of one attempt to take a snapshot.' },
  maxPictureAgeSeconds: {
    label: 'Oldest picture',
    help: 'Without a new picture for this long, the camera counts as frozen or stale. Empty: 5 minutes or 10 runs, whichever is longer.',
  },
  maxBytes: { label: 'Largest snapshot', help: 'A larger one is refused.' },
  minConfidence: {
    label: 'Confidence',
    help: 'Weaker detections are left out. Empty: the default of each detector.',
  },
  'parameters.minSize': {
    label: 'Smallest object',
    help: 'Its smaller side, in pixels of the picture.',
  },
  'parameters.maxSize': {
    label: 'Largest object',
    help: 'Its larger side, in pixels of the picture. 0: no limit.',
  },
  'parameters.tiles': {
    label: 'Tiles',
    help: 'Parts that a model searches one after the other, for objects that are small in a large picture. 2x2 takes four times as long.',
  },
  'parameters.scaleFactor': {
    label: 'Scale factor',
    help: 'Of a cascade: the ratio of sizes between two passes. Smaller finds more and takes longer.',
  },
  'parameters.minNeighbors': {
    label: 'Neighbours',
    help: 'Of a cascade: how many overlapping finds a detection needs. More means fewer false alarms.',
  },
  'parameters.workingSize': {
    label: 'Working size',
    help: 'The longer side of the searched picture. 0: every pixel. Larger finds smaller objects and takes longer.',
  },
  'parameters.orientations': {
    label: 'Also search rotated',
    help: 'Rotations that are searched. Not together with an orientation.',
  },
  orientation: {
    label: 'Orientation',
    help: 'The clockwise rotation that sets the picture upright before the search.',
  },
  damaged: {
    label: 'Damaged pictures',
    help: 'Pictures of which a part is missing. No object counts as left because of them.',
  },
  maxAgeDays: {
    label: 'Keep snapshots for',
    help: 'Empty: as long as the site keeps them. It cannot be longer than that.',
  },
  'motion.searchEvery': {
    label: 'Search at least one of',
    help: 'Even if nothing moves, one of this many snapshots is searched.',
  },
  'motion.threshold': {
    label: 'Sensitivity',
    help: 'The change in grey levels (of 255) that a part of the picture needs. Lower reacts to less.',
  },
  'sightings.appearAfter': {
    label: 'Appears after',
    help: 'An object appears when this many of the last snapshots show it.',
  },
  'sightings.within': { label: 'Of the last', help: 'Over how many snapshots that is counted.' },
  'sightings.leaveAfter': {
    label: 'Leaves after',
    help: 'This many snapshots in a row without it. A static object: four times as many.',
  },
  'sightings.overlap': {
    label: 'Overlap',
    help: 'How much two boxes overlap, from 0 to 1, to be the same object.',
  },
  'sightings.staticAfterSeconds': {
    label: 'Static after',
    help: 'An object that stays in its place this long becomes static.',
  },
};
