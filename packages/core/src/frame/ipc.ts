import { ArchetypeError } from '../errors.ts';
import type { Schema } from '../schema/column-type.ts';
import { fromArrow, ipcPieces, tableOfIpc, type Notes } from './arrow.ts';
import type { AnyFrame, DataFrame } from './data-frame.ts';
import { plain, type Frame } from './frame.ts';
import { ofOneSchema } from './of-one-schema.ts';

/** How `toIPC` writes. */
export interface IpcOptions {
  /** What it says of a field goes into the field's metadata. */
  readonly notes?: Notes;
  /** Gives the bytes to write into, as many as it is asked for; asked once. Absent: new ones. */
  readonly memory?: (bytes: number) => Uint8Array;
}

/**
 * A frame as bytes of Arrow's IPC format: `stream` for sockets, `file` for files. Several frames of one schema, at least one,
 * are as many batches.
 *
 * @throws `invalid_argument`, `frame_mismatch` where the schemas differ
 * @example toIPC([monday, tuesday], 'file')
 */
export function toIPC(
  frames: DataFrame | Frame | readonly (DataFrame | Frame)[],
  format: 'stream' | 'file' = 'stream',
  { notes, memory = (bytes) => new Uint8Array(bytes) }: IpcOptions = {},
): Uint8Array {
  const given: readonly (DataFrame | Frame)[] = isList(frames) ? frames : [frames];
  const pieces = ipcPieces(ofOneSchema(given.map(plain), 'toIPC'), format, notes);
  const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  const result = memory(bytes);
  if (result.byteLength !== bytes) {
    throw new ArchetypeError(
      'invalid_argument',
      `toIPC was given memory of ${result.byteLength} bytes where it asked for ${bytes}; give as many as it asks for.`,
    );
  }
  let at = 0;
  for (const piece of pieces) {
    result.set(piece, at);
    at += piece.byteLength;
  }
  return result;
}

const isList = (
  given: DataFrame | Frame | readonly (DataFrame | Frame)[],
): given is readonly (DataFrame | Frame)[] => Array.isArray(given);

/** The inverse of `toIPC`; reads either format. */
export function fromIPC(bytes: Uint8Array, schema?: Schema): AnyFrame {
  return fromArrow(tableOfIpc(bytes), schema);
}
