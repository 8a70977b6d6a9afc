/** The page of a camera in the console. */
export const cameraPath = (id: string, tab = 'settings'): string =>
  `/cameras/${encodeURIComponent(id)}/${tab}`;

/** A camera in the API. */
export const cameraResource = (id: string): string => `/cameras/${encodeURIComponent(id)}`;
