import { plural } from '../plural.js';

export const demo = {
  title: 'Find objects in a picture',
  windowTitle: 'Siteglass: find objects in a picture',
  lead: 'Siteglass watches the cameras of a site on a small computer there, finds objects in their snapshots, and reports each one to your cloud, so that none is lost. Try its search on a picture of yours.',
  navigation: 'Links',
  api: 'API',
  logIn: 'Log in',

  images: (n: number) => plural(n, { one: 'picture searched', other: 'pictures searched' }),
  objects: (n: number) => plural(n, { one: 'object found', other: 'objects found' }),
  sites: (n: number) => plural(n, { one: 'site reports now', other: 'sites report now' }),

  dropTitle: 'Your picture',
  dropHere: 'Drop a picture here',
  dropNow: 'Release to search this picture',
  orPaste: 'or paste one with Ctrl+V',
  pick: 'Choose a picture',
  photograph: 'Take a photo',
  another: 'Choose another picture',
  samples: 'Or try one of these',
  sampleNames: {
    two: 'A street with two stop signs',
    near: 'A stop sign close by',
    left: 'A stop sign at the left',
    empty: 'A street without a sign',
  },
  sampleFailed: 'The sample did not load. Try again.',
  noFile:
    'There is no picture in what you dropped or pasted. Save it as a file first, and drop the file.',
  onlyFirst: 'One picture at a time: the first one was taken.',
  scaled: (from: string, to: string) =>
    `The picture was above the limits here, so your browser scaled it from ${from} to ${to} pixels before it was sent.`,
  cannotScale: (limit: string) =>
    `This file has more than ${limit}, and your browser cannot make it smaller. Save it as JPEG or with fewer pixels.`,
  notShown:
    'Your browser cannot show this kind of picture. Here is how the search sees it, with the boxes drawn.',
  pictureAlt: (name: string) => `The picture ${name}`,

  detectors: 'What to find',
  detectorHelp: (most: number) => `Choose up to ${most}.`,
  detectorGone: 'No detector is ready here.',
  oneDetector: 'Choose at least one.',
  withModel: 'neural network',
  withCascade: 'cascade',
  manyLabels: (labels: string, more: number) => `${labels} and ${more} more`,
  settings: 'Settings of the search',
  minConfidence: 'Least confidence',
  minConfidenceHelp: 'Leave out what is less certain, from 0 to 100 percent.',
  minNeighbors: 'Least neighbours',
  minNeighborsHelp:
    'For cascades: more means fewer false finds, and more misses. Empty for the default.',
  scaleFactor: 'Step between sizes',
  scaleFactorHelp: 'For cascades: 1.05 is thorough, 1.3 is fast. Empty for the default.',
  minSize: 'Smallest object, in pixels',
  minSizeHelp: 'Empty for the default.',
  workingSize: 'Search at a size of',
  workingSizeHelp: 'Longer side in pixels. 0 searches every pixel. Empty for the default.',

  searching: 'Searching',
  preparing: 'Preparing the picture',
  found: (count: number) => plural(count, { one: '{n} object found', other: '{n} objects found' }),
  nothing: 'Nothing was found',
  nothingHelp: 'Choose another detector, or a lower confidence.',
  confidence: 'Confidence',
  omitted: (count: number) =>
    plural(count, {
      one: 'One weaker find is left out.',
      other: '{n} weaker finds are left out.',
    }),
  times: (decode: string, search: string) => `Decoded in ${decode} ms, searched in ${search} ms`,
  waited: (ms: string) => `waited ${ms} ms for its turn`,
  cached: 'This picture was searched like this before: the times are those of that search.',
  damaged: 'A part of the picture is missing or damaged; the rest was searched.',
  drawn: 'Picture with boxes',
  json: 'Result as JSON',

  line: (title: string) => `Line to copy: ${title}`,
  curl: 'The same from your program',
  curlHelp: 'One request, no account. Every parameter is described in the ',
  curlApi: 'API',

  privacy: 'What happens to your picture',
  kept: (time: string) =>
    `It is kept here for ${time} and then removed, with its result. Only those who have its id can read it, and the id is not listed anywhere. It is not used for anything else.`,
  deleteNow: (count: number) =>
    plural(count, { one: 'Delete my picture now', other: 'Delete my pictures now' }),
  deleted: 'Deleted: the picture and its result are no longer here.',
  deleteFailed: 'Not everything was deleted. Try again.',
  limits: (uploads: string, seconds: string, size: string, pixels: string) =>
    `Limits for one address: ${uploads} pictures and ${seconds} seconds of search a minute. A picture may have ${size} and ${pixels} megapixels.`,

  refusedTitle: 'The picture was not searched',
  again: 'Try again',
  againIn: (time: string) => `You can try again in ${time}.`,
  smaller: 'Try a smaller copy',
  anyway: 'Search what is there',
  refusals: {
    too_many_bytes: 'The file is too large.',
    too_many_pixels: 'The picture has too many pixels.',
    image_too_costly:
      'The picture takes too much work to decode here. A smaller copy usually works.',
    unsupported_image_kind:
      'This file is not a picture of a kind that is searched here. Use JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, HEIC or JPEG XL.',
    image_undecodable:
      'This file cannot be read as a picture. It may be broken, or something else.',
    image_damaged: 'A part of this picture is missing, for example because a download was cut off.',
    image_crashed_decoder: 'This file cannot be read: its decoder failed.',
    detection_timeout: 'The search took too long. Use a smaller copy or fewer detectors.',
    rate_limited: 'This is a public demo, and your address has reached its limit for now.',
    queue_full: 'Many people use the demo at this moment.',
    uploads_full: 'Many people use the demo at this moment.',
    detection_unavailable: 'The search is not available at this moment.',
    files_unavailable: 'The store of pictures is not available at this moment.',
    database_unavailable: 'The database is not available at this moment.',
    disk_budget_spent: 'The store of pictures is full at this moment. Older ones are removed soon.',
  } as Record<string, string>,

  install: 'Run it at your site',
  installHelp:
    'On Debian 13 or Raspberry Pi OS 13, with the packages of the project. The last line of the output has the address for your browser and the code for the set-up.',
  installCommand: 'sudo apt install ./siteglass-edge_*.deb',
  tryHelp: 'Or try everything on your own machine, with a sample camera, from the source:',
  tryCommand: 'npm start',
  points: [
    {
      title: 'At the site',
      text: 'Cameras over HTTP, RTSP, folders or uploads; cascades and neural networks on one board; an API, MQTT and Home Assistant.',
    },
    {
      title: 'On the way',
      text: 'Each detection waits on disk until the cloud has confirmed it, over days without a connection.',
    },
    {
      title: 'In the cloud',
      text: 'All sites on one page, with what is missing and why, and this search for everyone.',
    },
  ],
};
