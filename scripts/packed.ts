import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..');
const run = promisify(execFile);
const require = createRequire(import.meta.url);
const tsc = join(require.resolve('typescript/package.json'), '..', 'bin', 'tsc');

export interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A package as the registry would get it. */
export interface Packed {
  /** Where its sources are. */
  readonly folder: string;
  readonly tarball: string;
  readonly files: readonly string[];
  readonly manifest: Manifest;
}

/** Builds and packs every package of the workspace. */
export async function packAll(into: string): Promise<readonly Packed[]> {
  const folders = globSync('packages/*/', { cwd: root })
    .toSorted()
    .map((folder) => join(root, folder));
  await run(process.execPath, [tsc, '-b', ...folders]);
  return Promise.all(
    folders.map(async (folder) => {
      const args = ['pack', '--json', '--pack-destination', into];
      const { stdout } = await run('pnpm', args, {
        cwd: folder,
        shell: process.platform === 'win32',
      });
      const { filename, files } = JSON.parse(stdout) as {
        filename: string;
        files: readonly { readonly path: string }[];
      };
      const manifest = await run('tar', ['-xzOf', filename, 'package/package.json']);
      return {
        folder,
        tarball: filename,
        files: files.map(({ path }) => path),
        manifest: JSON.parse(manifest.stdout) as Manifest,
      };
    }),
  );
}

/** An empty project outside of the workspace, gone at the end of its scope. */
export async function emptyProject(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'archetype-project-')));
  await writeFile(join(path, 'package.json'), '{ "private": true, "type": "module" }\n');
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Unpacks packages into a project without a registry: each finds the dependencies that it declares, as the workspace has
 * them, and nothing else.
 */
export async function unpackInto(project: string, packages: readonly Packed[]): Promise<void> {
  for (const { folder, tarball, manifest } of packages) {
    const place = join(project, 'node_modules', manifest.name);
    await mkdir(place, { recursive: true });
    await run('tar', ['-xzf', tarball, '-C', place, '--strip-components=1']);
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if (!name.startsWith('@archetype/')) await link(folder, name, place);
    }
  }
  // Whoever writes for Node.js has its types.
  await link(root, '@types/node', project);
}

async function link(from: string, name: string, to: string): Promise<void> {
  const place = join(to, 'node_modules', name);
  await mkdir(dirname(place), { recursive: true });
  await symlink(await realpath(join(from, 'node_modules', name)), place, 'junction');
}

/** Installs packages into a project as a user would, from the registry. */
export async function installInto(project: string, packages: readonly Packed[]): Promise<void> {
  const tarballs = packages.map(({ tarball }) => tarball);
  await run('npm', ['install', '--no-audit', '--no-fund', ...tarballs], {
    cwd: project,
    shell: process.platform === 'win32',
  });
}

/** A page's first program, and what the page says that it prints. */
export async function firstProgram(page: string): Promise<{ code: string; output: string }> {
  const markdown = await readFile(join(root, page), 'utf8');
  const [, code, output] = /^```ts\n(.*?)^```\n+```text\n(.*?)^```$/ms.exec(markdown)!;
  return { code: code!, output: output! };
}

/** Runs a program in a project, with nothing but Node.js. */
export async function runIn(project: string, code: string): Promise<string> {
  await writeFile(join(project, 'program.ts'), code);
  const { stdout } = await run(process.execPath, ['program.ts'], { cwd: project });
  return stdout;
}

/** How a project is compiled. */
export interface Compiler {
  readonly module: string;
  readonly moduleResolution: string;
  readonly lib: readonly string[];
  readonly types: readonly string[];
}

/** What the compiler says of a program in a project and of our types that it reaches; empty if it is content. */
export async function checkIn(project: string, code: string, how: Compiler): Promise<string> {
  await writeFile(join(project, 'program.ts'), code);
  const compilerOptions = { ...how, target: 'es2024', strict: true, noEmit: true };
  const config = {
    compilerOptions: { ...compilerOptions, skipLibCheck: false },
    files: ['program.ts'],
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', project, '--pretty', 'false'], (_error, stdout) =>
      resolve(stdout.split('\n').filter(isOurs).join('\n')),
    );
  });
}

/** Without a browser's types, apache-arrow's own are incomplete. */
const isOurs = (line: string): boolean =>
  !line.includes('node_modules/') || line.includes('@archetype/');
