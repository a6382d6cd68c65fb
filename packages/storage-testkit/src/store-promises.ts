import type { StorePromise } from './harness.ts';
import { append } from './promises/append.ts';
import { commandPages } from './promises/command-pages.ts';
import { commands } from './promises/commands.ts';
import { evolution } from './promises/evolution.ts';
import { history } from './promises/history.ts';
import { isolation } from './promises/isolation.ts';
import { large } from './promises/large.ts';
import { lineage } from './promises/lineage.ts';
import { messages } from './promises/messages.ts';
import { quotas } from './promises/quotas.ts';
import { reopen } from './promises/reopen.ts';
import { scan } from './promises/scan.ts';
import { values } from './promises/values.ts';
import { writers } from './promises/writers.ts';

/** What every store must do, by group. */
export const storePromises: Readonly<Record<string, readonly StorePromise[]>> = {
  append,
  reopen,
  history,
  scan,
  values,
  isolation,
  lineage,
  evolution,
  messages,
  commands: [...commands, ...commandPages],
  quotas,
  writers,
  large,
};
