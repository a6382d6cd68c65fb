import { TrustedTrail } from '@archetype/app';
import type { CommandStatus, LogFields, Logger, Store } from '@archetype/core';
import { StorePool } from '@archetype/storage';
import type { MessagePort } from 'node:worker_threads';
import { openerOf, type RuntimeStorage } from '../open-store.ts';
import { Cursors } from './cursors.ts';
import { signals, type Reply, type Request, type RequestName, type Requests } from './requests.ts';
import { packError } from './wire-error.ts';
import { packFrame } from './wire-frame.ts';
import { Wire } from './wire-state.ts';

/** How each request is answered; memory in `moved` goes over with the answer. */
type Answers = {
  readonly [N in RequestName]: (
    store: Store,
    given: Requests[N]['given'],
    moved: ArrayBuffer[],
  ) => Requests[N]['answer'] | Promise<Requests[N]['answer']>;
};

/** Answers requests until it is asked to close; the store is opened by the first of them. */
export function serveStore(port: MessagePort, memory: Int32Array, storage: RuntimeStorage): void {
  const pool = new StorePool();
  const open = openerOf(storage, pool);
  let opened: Promise<Store> | undefined;
  const store = (): Promise<Store> =>
    (opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    }));
  const reply = (message: Reply, moved: readonly ArrayBuffer[]): void => {
    port.postMessage(message, moved);
    Atomics.add(memory, signals.replies, 1);
    Atomics.notify(memory, signals.replies);
  };
  const trail = new TrustedTrail(store, loggerTo(port));
  const answers = answersOf(trail);
  port.on('message', ({ id, name, given }: Request) => {
    const moved: ArrayBuffer[] = [];
    const work = async (): Promise<unknown> => {
      if (name !== 'close') return answers[name](await store(), given as never, moved);
      return closeAll(trail, () => opened, pool);
    };
    void work()
      .then(
        (answer) => reply({ id, kind: 'done', answer }, moved),
        (error: unknown) => reply({ id, kind: 'failed', error: packError(error) }, []),
      )
      .finally(() => {
        if (name === 'close') port.close();
      });
  });
}

/** The calling thread's logger, as it is seen from here. */
function loggerTo(port: MessagePort): Logger {
  const log =
    (level: keyof Logger) =>
    (message: string, fields?: LogFields): void => {
      const error = fields?.['error'] === undefined ? undefined : packError(fields['error']);
      port.postMessage({ id: undefined, kind: 'log', level, message, error } satisfies Reply);
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

/** Ends everything, in order, whatever fails on the way. @throws the first failure */
async function closeAll(
  trail: TrustedTrail,
  opened: () => Promise<Store> | undefined,
  pool: StorePool,
): Promise<void> {
  try {
    await trail.flush();
  } finally {
    // A store in memory is in no pool. One that could not be opened told whoever asked for it, and has nothing to close.
    await opened()?.then(
      (store) => store.close(),
      () => undefined,
    );
    await pool.close();
  }
}

function answersOf(trail: TrustedTrail): Omit<Answers, 'close'> {
  const wire = new Wire();
  const cursors = new Cursors();
  return {
    create: (store, record) => store.create(record),
    fork: (store, record) => store.fork(record),
    claim: async (store, world, moved) => {
      const { lease, record, state } = await store.claim(world);
      return { lease, record, state: state && wire.packSnapshot(state, moved) };
    },
    append: (store, commit) => store.append([wire.unpackCommit(commit)]),
    snapshot: async (store, { world, tick }, moved) => {
      const state = await store.snapshot(world, tick);
      return state && wire.packSnapshot(state, moved);
    },
    worlds: (store) => store.worlds(),
    destroy: (store, lease) => store.destroy(lease),
    scan: (store, query, moved) => cursors.begin(store.scan(query), packFrame, moved),
    messages: (store, { world, ticks }, moved) =>
      cursors.begin(
        store.messages(world, ticks),
        (tick, into) => wire.packMessages(tick, into),
        moved,
      ),
    more: (_, cursor, moved) => cursors.more(cursor, moved) as never,
    enough: (_, cursor) => cursors.end(cursor),
    note: (_, call) => trail.note(call),
    audit: (_, query) => trail.page(query),
    verifyAudit: (_, kept) => trail.verify(kept),
    promised: async (store, world) => {
      const of = (status: CommandStatus) => store.commands({ world, status });
      const queued = await of('queued');
      // Ids of applied ones are in the state.
      const promising = [...queued, ...(await of('rejected')), ...(await of('cancelled'))];
      const ids = promising.flatMap(({ reserved }) => reserved ?? []);
      return { waiting: queued.length, held: ids.reduce((held, id) => Math.max(held, id + 1), 0) };
    },
  };
}
