/** Arguments with which Node runs a TypeScript file against the packages' sources, and V8 as this process was told to run. */
export const nodeArguments: readonly string[] = [
  ...process.execArgv.filter((argument) =>
    /^--(no-memory-protection-keys|wasm-wrapper-tiering-budget=)/.test(argument),
  ),
  '--conditions=@archetype/source',
  '--disable-warning=ExperimentalWarning',
];
