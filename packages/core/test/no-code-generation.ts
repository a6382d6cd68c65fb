/** Forbids `new Function`, as a content security policy would, so that a test file runs on the other path. */
globalThis.Function = new Proxy(Function, {
  construct() {
    throw new EvalError('code generation is forbidden here');
  },
  apply() {
    throw new EvalError('code generation is forbidden here');
  },
});
