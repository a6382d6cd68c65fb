import { Worlds } from '@archetype/core';
import { openDurableStore, openReadOnlyStore } from '@archetype/storage';
import { lancedb } from '@archetype/storage-lancedb';
import { spawnSync } from 'node:child_process';
import { cpSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ticksOf, walk, walkers } from '../walkers.ts';
import { outcome } from './outcome.ts';

/**
 * Leaves two stores on the disk that it was given, one with all ticks in parts and one with all in the journal, as a killed
 * process leaves it; mounts the disk read-only, and prints what can be done with them then.
 */
const disk = process.argv[2]!;
const ALL = { from: 0, to: 99 };
const [parts, journal] = [join(disk, 'parts'), join(disk, 'journal only')];
const made = await openDurableStore({ directory: parts, tables: lancedb });
await walkers(made, 'w', 3).run({ steps: 4 });
cpSync(parts, journal, { recursive: true });
await made.close();
const mounted = spawnSync('mount', ['-o', 'remount,ro', disk]);
if (mounted.status !== 0) throw new Error(`the disk stays writable: ${String(mounted.stderr)}`);
const seen: unknown[] = [];
for (const directory of [parts, journal]) {
  const reader = await openReadOnlyStore({ directory, tables: lancedb });
  seen.push({
    ticks: await ticksOf(reader, 'w', 3, ALL),
    resumed: await outcome(new Worlds(reader).resume('w', walk)),
    opened: await outcome(openDurableStore({ directory, tables: lancedb })),
  });
  await reader.close();
}
const fresh = await outcome(openDurableStore({ directory: join(disk, 'new'), tables: lancedb }));
writeSync(1, JSON.stringify({ seen, fresh }));
