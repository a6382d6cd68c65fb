import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A file system has one name for each file, or these two are of two file systems, or the file is another user's. */
const NO_SECOND_NAME: ReadonlySet<string | undefined> = new Set([
  'EXDEV',
  'EPERM',
  'EMLINK',
  'ENOTSUP',
  'ENOSYS',
]);

/**
 * Gives every file below a directory a second name below another, which is made. Files are copied where they cannot have
 * one. For files that nobody changes in place. When it fails, nothing of it is under way any more.
 */
export async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  const entries = await readdir(from, { withFileTypes: true });
  const done = await Promise.allSettled(
    entries.map((entry) => {
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      return entry.isDirectory() ? linkTree(source, target) : linkFile(source, target);
    }),
  );
  for (const result of done) if (result.status === 'rejected') throw result.reason;
}

async function linkFile(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch (error) {
    if (!NO_SECOND_NAME.has((error as NodeJS.ErrnoException).code)) throw error;
    await copyFile(source, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}
