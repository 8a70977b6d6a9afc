import type { CommandForm } from '../runtime/command-line.js';

/** How the commands that both programs have are written, for their help. */
export const userForms: CommandForm[] = [
  { call: '', about: 'lists the people who may log in' },
  { call: 'add NAME', about: 'adds a user', options: ['role', 'password-file'] },
  {
    call: 'password NAME',
    about: 'replaces the password, and ends the sessions of the user',
    options: ['password-file'],
  },
  { call: 'role NAME', about: 'changes what the user may do', options: ['role', 'force'] },
  { call: 'logout NAME', about: 'ends the sessions of the user' },
  { call: 'remove NAME', about: 'removes the user', options: ['force'] },
];

export const tokenForms = (options: CommandForm['options'] = []): CommandForm[] => [
  { call: '', about: 'lists the tokens of the API' },
  {
    call: 'add NAME',
    about: 'adds a token and prints it once; it works immediately',
    options: ['role', ...options],
  },
  {
    call: 'remove NAME',
    about: 'removes the token; it stops working immediately',
    options: ['force'],
  },
];

export const detectorForms: CommandForm[] = [
  {
    call: 'list',
    about: 'lists the detectors, and the models that can be added',
    options: ['json'],
  },
  {
    call: 'add NAME',
    about: 'downloads a model, checks it, tries it and adds it',
    options: ['url', 'sha256'],
  },
  {
    call: 'add FILE',
    about: 'adds a model (.onnx) or a cascade (.xml) from a file',
    options: ['name'],
  },
  {
    call: 'try NAME IMAGE',
    about: 'shows what a detector finds in an image, and how long it takes',
    options: ['json'],
  },
  { call: 'remove NAME', about: 'removes a detector that was added' },
];

export const databaseForms: CommandForm[] = [
  { call: '', about: 'checks the database, and shows past repairs' },
  {
    call: 'repair',
    about: 'writes what can be read of a damaged database into a new one; stop the service first',
  },
  { call: 'accept', about: 'ends the reports of past repairs' },
];

export const certificateForms: CommandForm[] = [
  {
    call: '',
    about: 'shows fingerprints, names and dates of the TLS certificate',
    options: ['json'],
  },
  { call: 'pem', about: 'prints the certificate that clients take as their authority' },
];

export const backupForms: CommandForm[] = [
  {
    call: 'FILE',
    about: 'writes all data to one archive, also while the service runs',
    options: ['no-images'],
  },
];

export const restoreForms: CommandForm[] = [
  { call: 'FILE', about: 'replaces all data by that of a backup; stop the service first' },
];

export const resetForms: CommandForm[] = [
  { call: '', about: 'removes all data; stop the service first', options: ['yes'] },
];
