import { isBuiltin } from 'node:module';
import { rolldown } from 'rolldown';

export interface Bundle {
  readonly code: string;
  readonly modules: number;
  /** Each import of a Node built-in, as "importer -> built-in". */
  readonly builtins: readonly string[];
  /** Everything that the bundle would still import when it is loaded. */
  readonly left: readonly string[];
}

/** What a bundler makes of a file for a browser, in one script. */
export async function bundle(entry: string): Promise<Bundle> {
  const builtins: string[] = [];
  const bundler = await rolldown({
    input: entry,
    platform: 'browser',
    // Warnings of dependencies; what matters is asserted.
    logLevel: 'silent',
    resolve: { conditionNames: ['@archetype/source', 'browser', 'import', 'default'] },
    plugins: [
      {
        name: 'built-ins',
        resolveId(target, importer) {
          if (!isBuiltin(target)) return undefined;
          builtins.push(`${importer} -> ${target}`);
          return { id: target, external: true };
        },
      },
    ],
  });
  const { output } = await bundler.generate({ format: 'esm', codeSplitting: false });
  await bundler.close();
  const [chunk] = output;
  return {
    code: chunk.code,
    modules: chunk.moduleIds.length,
    builtins,
    left: [...chunk.imports, ...chunk.dynamicImports],
  };
}
