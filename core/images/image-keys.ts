const sharded = (folder: string, name: string) => `${folder}/${name.slice(0, 2)}/${name}`;

/** The file of an image's bytes, by their hash. */
export const originalKey = (sha256: string): string => sharded('originals', sha256);

/** The file of a rendered image, by the key of its analysis. */
export const processedKey = (key: string): string => sharded('processed', `${key}.jpg`);
