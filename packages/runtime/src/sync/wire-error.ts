import { ArchetypeError, type ErrorCode, type Json } from '@archetype/core';

/** An error as it crosses between threads; what was thrown that is no error crosses as it is. */
export type WireError =
  | {
      readonly kind: 'error';
      /** Where it is not its class's. */
      readonly name: string | undefined;
      readonly message: string;
      readonly stack: string | undefined;
      readonly code: ErrorCode | undefined;
      readonly details: Readonly<Record<string, Json>> | undefined;
      /** What else was noted on it, such as a system error's `code` and `path`. */
      readonly notes: Readonly<Record<string, unknown>>;
      readonly cause: WireError | undefined;
      /** Of an `AggregateError`. */
      readonly errors: readonly WireError[] | undefined;
    }
  | { readonly kind: 'value'; readonly value: string };

export function packError(error: unknown): WireError {
  if (!(error instanceof Error)) return { kind: 'value', value: String(error) };
  const { name, message, stack, cause } = error;
  const known = error instanceof ArchetypeError ? error : undefined;
  return {
    kind: 'error',
    name: name === 'Error' || name === 'AggregateError' ? undefined : name,
    message,
    stack,
    notes: known === undefined ? notesOf(error) : {},
    code: known?.code,
    details: known?.details,
    cause: cause === undefined ? undefined : packError(cause),
    errors: error instanceof AggregateError ? error.errors.map(packError) : undefined,
  };
}

/** The inverse of `packError`: an `ArchetypeError` is one again, others are errors of their name. */
export function unpackError(wire: WireError): unknown {
  if (wire.kind === 'value') return wire.value;
  const { name, message, stack, notes, code, details, errors } = wire;
  const cause = wire.cause === undefined ? {} : { cause: unpackError(wire.cause) };
  if (code !== undefined)
    return new ArchetypeError(code, message, { ...cause, ...(details && { details }) });
  const error =
    errors === undefined
      ? new Error(message, cause)
      : new AggregateError(errors.map(unpackError), message, cause);
  if (name !== undefined) Object.defineProperty(error, 'name', { value: name });
  // Where it was thrown, and not where it was unpacked.
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, notes);
}

const notesOf = (error: Error): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(error).filter(([, value]) =>
      ['string', 'number', 'boolean'].includes(typeof value),
    ),
  );
