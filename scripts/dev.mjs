#!/usr/bin/env node
// Bootstrap for a fresh clone. Needs only Node.js >= 18 and npm; no dependencies.
//
//   npm start     install, build, run the demo
//   npm test      install, build, run every test
//
// It supplies, for this one command and without touching the system:
//   - pnpm, at the version pinned in package.json ("packageManager");
//   - Node.js, at the version in .node-version, when the running one is too old
//     for "engines.node". It comes from the npm registry (package `node`).
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TASKS = {
  setup: [],
  demo: ['pnpm run demo'],
  test: ['pnpm run test:unit'],
  ci: ['pnpm run ci'],
};

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const [task = 'setup', ...rest] = process.argv.slice(2);
if (!Object.hasOwn(TASKS, task))
  fail(`unknown task "${task}"; expected one of: ${Object.keys(TASKS).join(', ')}`);

const commands = ['pnpm install --frozen-lockfile', ...TASKS[task]];
if (rest.length > 0 && TASKS[task].length > 0)
  commands.push(`${commands.pop()} ${rest.map(quote).join(' ')}`);

const tools = [];
const minimum = manifest.engines.node.replace(/^>=/, '');
if (compare(process.versions.node, minimum) < 0) {
  const node = readFileSync(new URL('../.node-version', import.meta.url), 'utf8').trim();
  console.error(
    `Node.js ${process.versions.node} is older than ${minimum}; using ${node} from the npm registry for this command.`,
  );
  tools.push(`node@${node}`);
}
if (!runsUnder(manifest.packageManager) || tools.length > 0) tools.push(manifest.packageManager);

const script = commands.join(' && ');
const env = {
  ...process.env,
  TURBO_TELEMETRY_DISABLED: '1',
  npm_config_update_notifier: 'false',
};
const npmExec = ['exec', '--yes', ...tools.map((t) => `--package=${t}`), '--call', script];
const { status, error } =
  tools.length === 0
    ? spawnSync(script, { cwd: root, env, stdio: 'inherit', shell: true })
    : spawnSync('npm', process.platform === 'win32' ? npmExec.map(quote) : npmExec, {
        cwd: root,
        env,
        stdio: 'inherit',
        shell: process.platform === 'win32',
      });
if (error) fail(error.message);
process.exit(status ?? 1);

/** True inside a script that this exact pnpm started, e.g. `pnpm test`. */
function runsUnder(packageManager) {
  const [name, version] = packageManager.split('+')[0].split('@');
  return process.env.npm_config_user_agent?.startsWith(`${name}/${version} `) ?? false;
}

function compare(a, b) {
  const [x, y] = [a, b].map((v) => v.split('.').map(Number));
  for (let i = 0; i < 3; i++) if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) - (y[i] ?? 0);
  return 0;
}

function quote(arg) {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : JSON.stringify(arg);
}

function fail(message) {
  console.error(`dev: ${message}`);
  process.exit(1);
}
