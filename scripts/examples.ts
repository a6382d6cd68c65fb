// Runs every example, or those named; fails if one does not end with exit code 0.
import { join } from 'node:path';
import { examplesIn, runExample } from './run-examples.ts';

const folder = join(import.meta.dirname, '..', 'examples');
const all = examplesIn(folder);
const names = process.argv.length > 2 ? process.argv.slice(2) : all;
const unknown = names.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`There is no example ${unknown.join(', ')}; there are ${all.join(', ')}.`);
  process.exit(2);
}
const failed: string[] = [];
for (const name of names) {
  console.log(`\n── ${name}\n`);
  const code = await runExample(folder, name);
  if (code !== 0) failed.push(`${name} (exit code ${code})`);
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}.`);
  process.exitCode = 1;
} else console.log(`\n${names.length} of ${names.length} examples ended well.`);
