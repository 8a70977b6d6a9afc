/** A picture that goes with a message, as far as the way wants it. */
export interface Picture {
  bytes: Buffer;
  mediaType: string;
}

/** Where pictures come from. */
export interface Pictures {
  /** Undefined if it is no longer stored. */
  bytesOf(image: string): Promise<Picture | undefined>;
  /** An address that needs no token; null if there is none. */
  linkOf(image: string): string | null;
  /** The newest picture, for a test; undefined if there is none. */
  newest(): Promise<string | undefined>;
}

const EXTENSIONS: Record<string, string> = {
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
};

export const fileNameOf = ({ mediaType }: Picture): string =>
  `snapshot.${EXTENSIONS[mediaType] ?? 'jpg'}`;
