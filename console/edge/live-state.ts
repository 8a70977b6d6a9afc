import { apiUrl } from '../shared/api.js';
import { EventConnection } from '../shared/event-source.js';

/** What the appliance reports while it happens: one connection for all views. */
export const connection = new EventConnection(apiUrl('/live'), {});
