import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript sources, so tests need no build
// and coverage maps to src. Keep the name in step with package.json "exports".
const conditions = ['@archetype/source', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['@archetype/source', 'node'] } },
  test: {
    reporters: ['default', './scripts/summary-reporter.ts'],
    testTimeout: 60_000,
    // V8 of Node 24 now and then ends a process in which threads come and go that run WebAssembly, as each does that loads
    // TypeScript: with "Check failed: jit_page.has_value()", where the processor has protection keys for pages of code, and
    // with a segmentation fault when it compiles a call out of WebAssembly again (Runtime_TierUpWasmToJSWrapper) and frees
    // what another thread compiled. Without keys it does not look for the page, and no call is compiled twice.
    // `--no-memory-protection-keys` exists on Linux and x64 only. To be removed when Node has the fixes.
    execArgv: [
      '--wasm-wrapper-tiering-budget=2147483647',
      ...(process.platform === 'linux' && process.arch === 'x64'
        ? ['--no-memory-protection-keys']
        : []),
    ],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/test/**/*.test.ts',
            'examples/*/test/**/*.test.ts',
            'scripts/test/**/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        // The path of content security policies: no generated code, the same results.
        test: {
          name: 'no-code-generation',
          include: [
            'packages/core/test/{expressions,code-generation,tick,settle,frame,random,sort,group-by,join,functions,fusing,unwritten,kernel-random,map-rows,map-async,optional,emissions,world-scope}.test.ts',
          ],
          setupFiles: ['packages/core/test/no-code-generation.ts'],
          env: { ARCHETYPE_TEST_NO_CODE_GENERATION: '1' },
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**'],
      // Files of types alone and files without a gap are not listed. Worker threads and killed child processes, which run
      // the flusher, are not seen.
      reporter: [['text', { skipEmpty: true, skipFull: true }], 'text-summary', 'html', 'lcov'],
    },
  },
});
