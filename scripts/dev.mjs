#!/usr/bin/env node
// Bootstrap for a fresh clone. Needs only Node.js >= 18 and npm; no dependencies.
//
//   npm start     install, build, run the main example
//   npm test      install, build, run every test
//
// It supplies, for this one command and without touching the system:
//   - pnpm, at the version pinned in package.json ("packageManager");
//   - Node.js, at the version in .node-version, when the running one is too old
//     for "engines.node". It comes from the npm registry (package `node`).
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

// Each task is a list of commands; arguments go to the last one. Quiet ones show what they print only when they fail.
const TASKS = {
  setup: [],
  start: [quiet('turbo run build'), ['node', 'examples/air-network-epidemic/src/main.ts']],
  test: [quiet('turbo run build'), ['vitest', 'run']],
  coverage: [quiet('turbo run build'), ['vitest', 'run', '--coverage']],
  bench: [quiet('turbo run build'), ['node', 'bench/run.ts']],
  crash: [
    quiet('turbo run build'),
    ['vitest', 'run', 'packages/storage/test/journal', 'packages/storage-lancedb/test/crash'],
  ],
  examples: [quiet('turbo run build'), ['node', 'scripts/examples.ts']],
  ci: [['pnpm', 'run', 'check'], quiet('turbo run build'), ['vitest', 'run']],
};

const [task = 'setup', ...rest] = process.argv.slice(2);
if (task === '--run') runTask(rest[0], rest.slice(1));
else bootstrap(task, rest);

/** Brings the tools, then comes back here with them on PATH. */
function bootstrap(name, args) {
  if (!Object.hasOwn(TASKS, name)) {
    fail(`unknown task "${name}"; expected one of: ${Object.keys(TASKS).join(', ')}`);
  }
  const tools = [];
  const minimum = manifest.engines.node.replace(/^>=/, '');
  if (compare(process.versions.node, minimum) < 0) {
    const node = readFileSync(new URL('../.node-version', import.meta.url), 'utf8').trim();
    console.error(
      `Node.js ${process.versions.node} is older than ${minimum}; using ${node} from the npm registry for this command.`,
    );
    tools.push(`node@${node}`);
  }
  if (tools.length > 0 || !hasPnpm(manifest.packageManager)) tools.push(manifest.packageManager);
  const again = ['node', fileURLToPath(import.meta.url), '--run', name, ...args];
  if (tools.length === 0) exit(run(again));
  const npm = ['exec', '--yes', ...tools.map((tool) => `--package=${tool}`), '--call'];
  exit(run(['npm', ...npm, again.map(quote).join(' ')]));
}

function runTask(name, args) {
  if (name === 'crash') process.env.ARCHETYPE_CRASH = 'full';
  const install = quiet('pnpm install --frozen-lockfile --prefer-offline');
  const commands = [install, ...TASKS[name]];
  commands.forEach((command, k) => {
    const given = k === commands.length - 1 && k > 0 ? [...command, ...args] : command;
    const result = run(given, command.quiet);
    if (result.status === 0) return;
    if (command.quiet) process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
    if (command.quiet) console.error(`dev: "${command.join(' ')}" failed`);
    exit(result);
  });
}

function quiet(text) {
  return Object.assign(text.split(' '), { quiet: true });
}

function run([command, ...args], hide = false) {
  const windows = process.platform === 'win32';
  const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
  const separator = windows ? ';' : ':';
  return spawnSync(command, windows ? args.map(quote) : args, {
    cwd: root,
    stdio: hide ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    shell: windows,
    env: {
      ...process.env,
      PATH: `${process.env.PATH}${separator}${bin}`,
      TURBO_TELEMETRY_DISABLED: '1',
      npm_config_update_notifier: 'false',
    },
  });
}

/** True when the pnpm on PATH is exactly the pinned one. */
function hasPnpm(packageManager) {
  const [, version] = packageManager.split('+')[0].split('@');
  const { stdout } = spawnSync('pnpm', ['--version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return stdout?.trim() === version;
}

function compare(a, b) {
  const [x, y] = [a, b].map((v) => v.split('.').map(Number));
  for (let i = 0; i < 3; i++) if ((x[i] ?? 0) !== (y[i] ?? 0)) return (x[i] ?? 0) - (y[i] ?? 0);
  return 0;
}

/** One word for the shell that npm uses. */
function quote(arg) {
  if (/^[\w@%+=:,./-]+$/.test(arg)) return arg;
  return process.platform === 'win32' ? JSON.stringify(arg) : `'${arg.replaceAll("'", `'\\''`)}'`;
}

function exit({ status, error }) {
  if (error) fail(error.message);
  process.exit(status ?? 1);
}

function fail(message) {
  console.error(`dev: ${message}`);
  process.exit(1);
}
