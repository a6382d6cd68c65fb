import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { idOf, type Synced } from './recorded-syncs.ts';

/**
 * What a disk may have done with what no sync covered: forgot the names; kept them, but not the bytes; or kept the length
 * too, over bytes that never came.
 */
export const losses = ['names', 'bytes', 'zeroed'] as const;
export type Loss = (typeof losses)[number];

/** SQLite syncs its files itself, and is relied upon. */
const isDatabase = (name: string): boolean => /\.db(-wal|-shm|-journal)?$/.test(name);

/** Notes for other processes that live at the same time; nobody syncs them, and they may be lost or garbled at any time. */
const isNote = (name: string): boolean =>
  ['owner', 'owner.json', 'acknowledged', 'durable'].includes(name);

/**
 * Copies a directory as a disk has it after the power failed: with what the recorded syncs covered. Answers what was lost,
 * so that two disks that lost the same need not both be tried.
 */
export async function copyAfterPowerLoss(
  from: string,
  to: string,
  log: string,
  loss: Loss,
): Promise<string> {
  const lost: string[] = [];
  const sizes = new Map<string, number>();
  const names = new Map<string, Readonly<Record<string, string>>>();
  if (existsSync(log)) {
    for (const line of (await readFile(log, 'utf8')).split('\n').slice(0, -1)) {
      const synced = JSON.parse(line) as Synced;
      if ('size' in synced) sizes.set(synced.id, Math.max(synced.size, sizes.get(synced.id) ?? 0));
      else names.set(synced.id, synced.names);
    }
  }
  const copy = async (source: string, target: string): Promise<void> => {
    await mkdir(target, { recursive: true });
    const known = names.get(idOf(source)!) ?? {};
    for (const entry of await readdir(source, { withFileTypes: true })) {
      const path = join(source, entry.name);
      const id = idOf(path)!;
      const relied = isDatabase(entry.name);
      if (loss === 'names' && !relied && known[entry.name] !== id) {
        if (!isNote(entry.name)) lost.push(path);
        continue;
      }
      if (entry.isDirectory()) {
        await copy(path, join(target, entry.name));
        continue;
      }
      const bytes = await readFile(path);
      const kept = relied ? bytes.length : (sizes.get(id) ?? 0);
      if (kept < bytes.length && !isNote(entry.name)) lost.push(`${path} from ${kept} on: ${loss}`);
      await writeFile(
        join(target, entry.name),
        loss === 'zeroed' ? bytes.fill(0, Math.min(kept, bytes.length)) : bytes.subarray(0, kept),
      );
    }
  };
  await copy(from, to);
  return lost.join('\n');
}
