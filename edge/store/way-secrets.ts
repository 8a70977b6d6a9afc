/** The folder in the data folder with the secrets of ways. With the name of the database before it, it is in no backup. */
export const WAY_SECRETS = 'edge.db.way-secrets';
