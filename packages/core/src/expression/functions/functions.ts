import type { Functions } from './function.ts';
import { listFunctions } from './list.ts';
import { numberFunctions } from './number.ts';
import { textFunctions } from './text.ts';
import { timeFunctions } from './time.ts';

/** Every function whose result is null when an argument is null; those that decide over nulls are in `nulls.ts`. */
export const functions: Functions = {
  ...numberFunctions,
  ...textFunctions,
  ...listFunctions,
  ...timeFunctions,
};
