import { ArchetypeError } from '@archetype/core';
import type * as sdk from '@aws-sdk/client-s3';
import type { RemoteLocation } from './location.ts';
import type { ObjectStore, StoredObject, WriteCondition } from './object-store.ts';

type Sdk = typeof sdk;

const CONNECT_MS = 5_000;
const REQUEST_MS = 60_000;
/** As many as one request may name. */
const REMOVED_AT_ONCE = 1000;

/** Objects of a bucket of S3, or of a server that speaks S3. @throws `storage_unavailable` */
export async function openS3(location: RemoteLocation): Promise<ObjectStore> {
  const loaded = await loadSdk();
  const [bucket, ...path] = location.uri.slice('s3://'.length).split('/');
  const prefix = path.filter((part) => part !== '').map((part) => `${part}/`);
  return new S3ObjectStore(loaded, new loaded.S3Client(config(location)), bucket!, prefix.join(''));
}

/** Whoever keeps worlds in a bucket installs the client; nobody else carries it. */
async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (cause) {
    throw new ArchetypeError(
      'storage_unavailable',
      'Object storage needs the package @aws-sdk/client-s3, which could not be loaded; install it beside @archetype/storage.',
      { cause },
    );
  }
}

function config({ storageOptions = {} }: RemoteLocation): sdk.S3ClientConfig {
  const option = (name: string): string | undefined =>
    storageOptions[name] ?? storageOptions[`aws_${name}`];
  const [key, secret, token] = [
    storageOptions['aws_access_key_id'],
    storageOptions['aws_secret_access_key'],
    storageOptions['aws_session_token'],
  ];
  const endpoint = option('endpoint');
  return {
    region: option('region') ?? process.env['AWS_REGION'] ?? 'us-east-1',
    ...(endpoint !== undefined && {
      endpoint,
      forcePathStyle: option('virtual_hosted_style_request') !== 'true',
    }),
    ...(key !== undefined &&
      secret !== undefined && {
        credentials: {
          accessKeyId: key,
          secretAccessKey: secret,
          ...(token !== undefined && { sessionToken: token }),
        },
      }),
    // Servers that speak S3 do not all know the checksums that are optional there.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS },
  };
}

class S3ObjectStore implements ObjectStore {
  readonly #sdk: Sdk;
  readonly #client: sdk.S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(loaded: Sdk, client: sdk.S3Client, bucket: string, prefix: string) {
    this.#sdk = loaded;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  async get(
    key: string,
  ): Promise<{ readonly bytes: Uint8Array; readonly etag: string } | undefined> {
    return this.#try(async () => {
      const { Body, ETag } = await this.#client.send(
        new this.#sdk.GetObjectCommand(this.#object(key)),
      );
      return { bytes: await Body!.transformToByteArray(), etag: ETag! };
    }, absent);
  }

  async etag(key: string): Promise<string | undefined> {
    return this.#try(async () => {
      const { ETag } = await this.#client.send(new this.#sdk.HeadObjectCommand(this.#object(key)));
      return ETag;
    }, absent);
  }

  async put(
    key: string,
    bytes: Uint8Array,
    condition?: WriteCondition,
  ): Promise<string | undefined> {
    const only =
      condition === undefined
        ? {}
        : 'ifMatch' in condition
          ? { IfMatch: condition.ifMatch }
          : { IfNoneMatch: '*' };
    return this.#try(
      async () => {
        const { ETag } = await this.#client.send(
          new this.#sdk.PutObjectCommand({ ...this.#object(key), Body: bytes, ...only }),
        );
        return ETag!;
      },
      (error) => condition !== undefined && (refused(error) || absent(error)),
    );
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    let token: string | undefined;
    do {
      const page = await this.#try(() =>
        this.#client.send(
          new this.#sdk.ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: this.#prefix + prefix,
            ContinuationToken: token,
          }),
        ),
      );
      for (const { Key, Size, ETag } of page!.Contents ?? [])
        yield { key: Key!.slice(this.#prefix.length), bytes: Size ?? 0, etag: ETag ?? '' };
      token = page!.NextContinuationToken;
    } while (token !== undefined);
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let k = 0; k < keys.length; k += REMOVED_AT_ONCE) {
      const Objects = keys
        .slice(k, k + REMOVED_AT_ONCE)
        .map((key) => ({ Key: this.#prefix + key }));
      const answer = await this.#try(() =>
        this.#client.send(
          new this.#sdk.DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects } }),
        ),
      );
      const [failure] = answer!.Errors ?? [];
      if (failure !== undefined)
        throw this.#told(new Error(`${failure.Key}: ${failure.Message ?? failure.Code}`));
    }
  }

  close(): void {
    this.#client.destroy();
  }

  #object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  /** Undefined where the failure is one of those that mean no. */
  async #try<T>(
    work: () => Promise<T>,
    no: (error: ServiceError) => boolean = () => false,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (no(error as ServiceError)) return undefined;
      throw this.#told(error as ServiceError);
    }
  }

  #told(error: ServiceError): ArchetypeError {
    const place = `s3://${this.#bucket}/${this.#prefix}`;
    return new ArchetypeError(
      'storage_unavailable',
      `${place} could not be used: ${advice(error)}`,
      {
        cause: error,
      },
    );
  }
}

interface ServiceError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const status = (error: ServiceError): number | undefined => error.$metadata?.httpStatusCode;
const absent = (error: ServiceError): boolean =>
  status(error) === 404 && error.name !== 'NoSuchBucket';
/** 409: two conditional writes at one moment, of which this one lost. */
const refused = (error: ServiceError): boolean => status(error) === 412 || status(error) === 409;

function advice(error: ServiceError): string {
  const { name } = error;
  if (name === 'CredentialsProviderError' || name === 'CredentialsError')
    return 'no credentials were found. Give storageOptions aws_access_key_id and aws_secret_access_key, or set them in the environment or a profile.';
  if (name === 'NoSuchBucket') return 'there is no such bucket. Make it, or check the URI.';
  if (status(error) === 403)
    return `access was denied (${name}). Check the credentials, and that they may read, list, write and delete there.`;
  if (status(error) === 301 || status(error) === 400)
    return `the server refused the request (${name}: ${error.message}). Check storageOptions.region and endpoint.`;
  const unreachable =
    error.code !== undefined || name === 'TimeoutError' || status(error) === undefined;
  return unreachable
    ? `the server did not answer (${error.code ?? name}: ${error.message}). Check storageOptions.endpoint and the network.`
    : `${name}: ${error.message}`;
}
