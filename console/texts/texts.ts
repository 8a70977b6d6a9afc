import { cameras } from './en/cameras.js';
import { charts } from './en/charts.js';
import { cloud } from './en/cloud.js';
import { common, errors, logIn, shell } from './en/common.js';
import { demo } from './en/demo.js';
import { events } from './en/events.js';
import { fleet } from './en/fleet.js';
import { live } from './en/live.js';
import { notifications } from './en/notifications.js';
import { people } from './en/people.js';
import { system } from './en/system.js';
import { upgrade } from './en/upgrade.js';

/** All texts of the pages. Another language is another folder with the same names. */
export const texts = {
  common,
  errors,
  logIn,
  shell,
  live,
  cameras,
  events,
  charts,
  cloud,
  notifications,
  people,
  system,
  upgrade,
  demo,
  fleet,
};
