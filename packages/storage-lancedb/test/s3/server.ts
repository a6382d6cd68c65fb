import { buildApp } from 'fauxqs';
import type { AddressInfo } from 'node:net';

interface Bucket {
  createBucket(name: string): void;
  headObject(bucket: string, key: string): { readonly etag: string };
  deleteObject(bucket: string, key: string): void;
  listObjects(
    bucket: string,
    options: { readonly prefix: string },
  ): {
    readonly objects: readonly { readonly key: string }[];
  };
}

/** A server that speaks S3, in memory, on a free port of this machine. */
export interface S3Server {
  readonly storageOptions: Readonly<Record<string, string>>;
  /** Requests so far, by method. */
  readonly requests: Map<string, number>;
  /** While true, no request is answered with anything but 503. */
  down: boolean;
  /** Of all objects below a URI. */
  keys(uri: string): readonly string[];
  /** Removes an object behind everybody's back. */
  remove(key: string): void;
  stop(): Promise<void>;
}

export const BUCKET = 'worlds';

/**
 * The server of the package keeps objects as S3 does but writes them whatever the condition; `conditional` adds what is
 * missing. Its routes are synchronous, so checking before and writing after is one step.
 */
export async function startS3({ conditional = true } = {}): Promise<S3Server> {
  // The package has a door for the server alone, not for its stores; so its version is pinned.
  const inside = new URL('../../node_modules/fauxqs/dist/', import.meta.url);
  const load = async <T>(path: string, name: string): Promise<T> =>
    new ((await import(new URL(path, inside).href)) as Record<string, new () => T>)[name]!();
  const s3Store = await load<Bucket>('s3/s3Store.js', 'S3Store');
  const sqsStore = await load<never>('sqs/sqsStore.js', 'SqsStore');
  const snsStore = await load<never>('sns/snsStore.js', 'SnsStore');
  const app = buildApp({
    logger: false,
    stores: { s3Store: s3Store as never, sqsStore, snsStore },
  });
  s3Store.createBucket(BUCKET);
  const etagOf = (bucket: string, key: string): string | undefined => {
    try {
      return s3Store.headObject(bucket, key).etag;
    } catch {
      return undefined;
    }
  };
  const requests = new Map<string, number>();
  const server = { down: false };
  app.addHook('preHandler', async (request, reply) => {
    requests.set(request.method, (requests.get(request.method) ?? 0) + 1);
    if (server.down) return reply.code(503).send('down');
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const writes =
      request.method === 'PUT' ? !searchParams.has('partNumber') : searchParams.has('uploadId');
    if (!conditional || !writes || request.method === 'DELETE') return undefined;
    const [, bucket, ...path] = decodeURIComponent(pathname).split('/');
    const current = etagOf(bucket!, path.join('/'));
    const none = request.headers['if-none-match'];
    const match = request.headers['if-match'];
    if ((none === '*' && current !== undefined) || (match !== undefined && match !== current))
      return reply.code(412).type('application/xml').send(preconditionFailed);
    return undefined;
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return Object.assign(server, {
    storageOptions: {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      aws_access_key_id: 'test',
      aws_secret_access_key: 'test',
      allow_http: 'true',
    },
    requests,
    keys: (uri: string) =>
      s3Store
        .listObjects(BUCKET, { prefix: uri.slice(`s3://${BUCKET}/`.length) })
        .objects.map(({ key }) => key),
    remove: (key: string) => s3Store.deleteObject(BUCKET, key),
    stop: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  });
}

const preconditionFailed =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>PreconditionFailed</Code><Message>At least one of the pre-conditions you specified did not hold</Message></Error>';
