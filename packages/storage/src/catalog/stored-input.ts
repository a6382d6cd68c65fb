import { Frame, type Commit, type Json } from '@archetype/core';
import { frameBytes, frameOfBytes } from '../codec/frame-codec.ts';

/** An input as the catalog keeps it: JSON as text, a frame as bytes. */
export function storedInput(input: Commit['input']): string | Uint8Array | null {
  if (input instanceof Frame) return frameBytes(input);
  return input === undefined ? null : JSON.stringify(input);
}

export const loadInput = (stored: string | Uint8Array): Json | Frame =>
  typeof stored === 'string' ? (JSON.parse(stored) as Json) : frameOfBytes(stored);
