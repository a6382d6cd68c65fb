import { ArchetypeError } from '../errors.ts';
import type { Frame } from './frame.ts';

/** The same columns under other names. */
export function rename(frame: Frame, names: Readonly<Record<string, string>>): Frame {
  if (typeof names !== 'object' || names === null) {
    throw new ArchetypeError(
      'invalid_argument',
      `rename was given ${String(names)}; give an object of old and new names, for example { x: 'width' }.`,
    );
  }
  for (const name of Object.keys(names)) frame.at(name);
  const schema = frame.schema.map((field) => {
    const name = Object.hasOwn(names, field.name) ? names[field.name]! : field.name;
    return name === field.name ? field : { ...field, name };
  });
  const seen = new Set<string>();
  for (const { name } of schema) {
    if (seen.has(name)) {
      throw new ArchetypeError(
        'invalid_argument',
        `rename would give two columns the name "${name}"; drop one of them first, or use another name.`,
      );
    }
    seen.add(name);
  }
  return frame.derive(schema, frame.columns, frame.numRows);
}
