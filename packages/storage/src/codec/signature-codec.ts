import { signatureOf, type ComponentShape, type Signature } from '@archetype/core';

/** A table's columns as JSON: its components, each with its columns. */
export interface StoredSignature {
  readonly schema: string;
  readonly components: readonly ComponentShape[];
}

export const storeSignature = ({ schema, components }: Signature): StoredSignature => ({
  schema,
  components: components.map(({ type, prefix, columns, defaults }) => ({
    type,
    prefix,
    columns,
    defaults,
  })),
});

export const loadSignature = ({ components }: StoredSignature): Signature =>
  signatureOf(components);
