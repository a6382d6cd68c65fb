import { globSync, readFileSync } from 'node:fs';
import { checkLayers } from './layers.ts';

const root = new URL('..', import.meta.url);
const files = globSync('packages/*/src/**/*.ts', { cwd: root }).map((path) => ({
  path: path.replaceAll('\\', '/'),
  text: readFileSync(new URL(path, root), 'utf8'),
}));
const problems = checkLayers(files);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`layers: ${files.length} files, every import goes one way`);
