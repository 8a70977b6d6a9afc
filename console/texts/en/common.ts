export const common = {
  save: 'Save',
  cancel: 'Cancel',
  close: 'Close',
  remove: 'Remove',
  removeNamed: (name: string) => `Remove ${name}`,
  add: 'Add',
  edit: 'Edit',
  undo: 'Undo',
  retry: 'Try again',
  refresh: 'Refresh',
  copy: 'Copy',
  copied: 'Copied',
  download: 'Download',
  more: 'Show more',
  all: 'All',
  none: 'None',
  on: 'On',
  off: 'Off',
  loading: 'Loading',
  required: 'Required',
  unknown: 'unknown',
  tableOf: (caption: string) => `${caption}: table`,
};

export const errors = {
  tooMuch: 'This is too much to show. Choose a shorter time, one camera or one label.',
  noAnswer: 'There is no answer. Check that the program runs and that this device can reach it.',
  /** From a proxy, or if the program failed before it could say why. */
  noProblem: (status: number) =>
    `The answer was the error ${status}, without a reason. Try again. If that does not help, see the log of the program.`,
  otherProgram:
    'The answer is not of this program. Check the address, and whether the network asks you to log in first.',
  page: 'Something went wrong on this page. Reload it. If that does not help, report the text below.',
  partTitle: 'Not loaded',
  part: 'This page did not load. The program was updated since you opened the console, or it cannot be reached.',
  reload: 'Reload the console',
  notFound: 'Page not found',
};

export const logIn = {
  title: 'Log in',
  user: 'User name',
  password: 'Password',
  submit: 'Log in',
  ended: 'Your session has ended. Log in again: what you had open and typed is still there.',
  help: 'No user yet? On the appliance, run: sudo siteglass-edge user add NAME --role admin. Password forgotten? sudo siteglass-edge user password NAME',
  fleetHelp:
    'No user yet? On the machine of the relay, run: sudo siteglass-relay user add NAME --role admin. Password forgotten? sudo siteglass-relay user password NAME',
};

export const shell = {
  skip: 'Skip to the content',
  navigation: 'Main navigation',
  live: 'Live',
  events: 'Events',
  charts: 'Charts',
  cameras: 'Cameras',
  notifications: 'Notifications',
  cloud: 'Cloud',
  people: 'People',
  system: 'System',
  api: 'API',
  logOut: 'Log out',
  account: 'Account',
  lost: (time: string) =>
    `The connection was lost at ${time}. What is shown may be old. Trying to connect again.`,
  more: 'More',
};
