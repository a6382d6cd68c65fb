import { ArchetypeError } from '@archetype/core';
import { fileURLToPath } from 'node:url';

/** A prefix of an object store. */
export interface RemoteLocation {
  /** `s3://bucket/prefix`. */
  readonly uri: string;
  /** What the clients need: `region`, `endpoint`, `aws_access_key_id` and so on, as LanceDB names them. */
  readonly storageOptions?: Readonly<Record<string, string>>;
}

const REMOTE = /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/|$)/;
/** What a URI begins with; one letter is a drive. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;
const KNOWN_WITHOUT_COLON = /^(?:s3a?|gs|gcs|az|abfss?|https?|file)\/\//i;

/** Whether a location is in an object store and not a directory. @throws `invalid_argument` for a URI that is neither */
export function isRemote(uri: string): boolean {
  if (REMOTE.test(uri)) return true;
  if (uri.startsWith('file://') || !(SCHEME.test(uri) || KNOWN_WITHOUT_COLON.test(uri)))
    return false;
  throw new ArchetypeError(
    'invalid_argument',
    `The storage URI was ${JSON.stringify(uri)}; give a directory, file:///path, or s3://bucket/prefix with the name of a bucket (3 to 63 lower-case letters, digits, "." and "-"). Stores that speak S3 are reached with storageOptions.endpoint; other object stores are not supported.`,
  );
}

/** The directory that a location means which is not remote. */
export const directoryOf = (uri: string): string =>
  uri.startsWith('file://') ? fileURLToPath(uri) : uri;

/** A location below another. */
export const below = ({ uri, ...rest }: RemoteLocation, path: string): RemoteLocation => ({
  ...rest,
  uri: `${uri.replace(/\/+$/, '')}/${path}`,
});
