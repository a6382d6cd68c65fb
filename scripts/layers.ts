/** A source file of the workspace, by its path from the root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Folders of packages/core/src in import order; those in one row do not know each other. */
const CORE: readonly (readonly string[])[] = [
  ['json'],
  ['errors'],
  ['schema'],
  ['column'],
  ['random'],
  ['expression'],
  ['frame'],
  ['state'],
  ['store', 'tick'],
  ['world'],
  ['sync'],
  ['index'],
];

/** Folders of packages/app/src in import order; those in one row do not know each other. */
const APP: readonly (readonly string[])[] = [
  ['whole-number', 'close-all', 'load-simulations'],
  ['command', 'executor'],
  ['audit', 'simulate'],
  ['quota', 'broker', 'environments'],
  ['operations'],
  ['gate', 'registered'],
  ['world'],
  ['host'],
  ['app'],
  ['index'],
];

const FOLDERS: Readonly<Record<string, readonly (readonly string[])[]>> = { core: CORE, app: APP };

/** What each package may import of the others. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: [],
  storage: ['core'],
  'storage-lancedb': ['core', 'storage'],
  'storage-testkit': ['core', 'storage'],
  app: ['core'],
  runtime: ['core', 'storage', 'storage-lancedb', 'app'],
};

const ARROW = 'packages/core/src/frame/arrow.ts';
const BUILTINS =
  /^(node:.*|assert|buffer|child_process|crypto|events|fs|fs\/promises|http|https|module|net|os|path|perf_hooks|process|stream|url|util|v8|vm|worker_threads|zlib)$/;

interface Import {
  readonly from: SourceFile;
  readonly line: number;
  readonly target: string;
}

/** One line for each import that goes where it must not. */
export function checkLayers(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(importsOf).flatMap((given) => {
    const problem = problemOf(given);
    return problem === undefined
      ? []
      : [`${given.from.path}:${given.line} imports "${given.target}": ${problem}`];
  });
}

function importsOf(from: SourceFile): Import[] {
  const pattern =
    /^(?:import\s*|(?:import|export)\b[^'";]*?\bfrom\s*)['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;
  return [...from.text.matchAll(pattern)].map((match) => ({
    from,
    line: from.text.slice(0, match.index + match[0].length).split('\n').length,
    target: match[1] ?? match[2]!,
  }));
}

function problemOf({ from, target }: Import): string | undefined {
  const [, name = ''] = from.path.split('/');
  if (target === 'apache-arrow' && from.path !== ARROW) return `only ${ARROW} knows apache-arrow`;
  if (name === 'core' && BUILTINS.test(target))
    return 'core runs in a browser, which has no Node built-ins';
  const workspace = /^@archetype\/([\w-]+)/.exec(target)?.[1];
  if (workspace !== undefined && !(PACKAGES[name] ?? []).includes(workspace)) {
    return `${name} may import ${(PACKAGES[name] ?? []).join(', ') || 'no other package'}`;
  }
  if (!target.startsWith('.')) return undefined;
  const path = new URL(target, `file:///${from.path}`).pathname.slice(1);
  if (!path.startsWith(`packages/${name}/src/`))
    return 'a relative import must stay in its package';
  const order = FOLDERS[name];
  return order && folderProblem(name, order, from.path, path);
}

function folderProblem(
  name: string,
  order: readonly (readonly string[])[],
  from: string,
  to: string,
): string | undefined {
  const [own, other] = [folderOf(from), folderOf(to)];
  if (own === other) return undefined;
  const rowOf = (folder: string): number => order.findIndex((row) => row.includes(folder));
  const [ownRow, otherRow] = [rowOf(own), rowOf(other)];
  if (ownRow < 0 || otherRow < 0)
    return `every folder of ${name} has its place in scripts/layers.ts`;
  if (otherRow < ownRow) return undefined;
  return `${own} comes ${otherRow === ownRow ? 'beside' : 'before'} ${other}`;
}

const folderOf = (path: string): string => path.split('/')[3]!.replace(/\.ts$/, '');
