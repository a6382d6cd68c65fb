import { ArchetypeError } from '../errors.ts';

/** Names that columns, the serialised form and processors can carry. @throws `invalid_name`, `reserved_name` */
export function checkNames(name: string, fields: readonly string[]): void {
  if (!/^[A-Z][A-Za-z0-9]*$/.test(name)) {
    throw new ArchetypeError(
      'invalid_name',
      `Component name ${JSON.stringify(name)} must be letters and digits, first a capital, for example "Position".`,
    );
  }
  if (name.toLowerCase() === 'has') {
    throw new ArchetypeError(
      'reserved_name',
      `A component cannot be called ${name}: c.has(Component) asks what an entity has. Call it something else, for example "Owns".`,
    );
  }
  for (const field of fields) {
    if (field === 'type') {
      throw new ArchetypeError(
        'reserved_name',
        `${name}.type cannot be a field: "type" carries the component's name in its serialised form. Rename the field, for example to "kind".`,
      );
    }
    if (!/^[a-z][A-Za-z0-9_]*$/.test(field) || field.includes('__')) {
      throw new ArchetypeError(
        'invalid_name',
        `Field name ${name}.${field} must be letters, digits and single underscores, first a small letter, for example "dx".`,
      );
    }
  }
}
