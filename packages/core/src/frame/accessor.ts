import { ArchetypeError } from '../errors.ts';
import { Expression } from '../expression/expression.ts';
import { callNode, columnNode, literalNode } from '../expression/node.ts';
import { unknownColumn } from '../expression/plan.ts';
import { requireComponent } from '../schema/component.ts';
import type { Schema } from '../schema/column-type.ts';

const accessors = new WeakMap<Schema, object>();

/** `c.has(Tag)`: whether a row's entity has the component. */
const has = (component: unknown): Expression =>
  new Expression(callNode('has', [literalNode(requireComponent(component).type)]));

/**
 * The `c` of `c => c.position.x`: columns by full name, fields by component prefix, and `has`. Made once per schema.
 */
export function accessorOf(schema: Schema): object {
  let accessor = accessors.get(schema);
  if (accessor === undefined) accessors.set(schema, (accessor = build(schema)));
  return accessor;
}

/** What the user's function makes of the columns. @throws `invalid_argument` for anything but a function */
export function builtBy<T>(verb: string, schema: Schema, make: (c: never) => T): T {
  if (typeof make === 'function') return make(accessorOf(schema) as never);
  throw new ArchetypeError(
    'invalid_argument',
    `${verb} takes a function of the columns and was given ${make === null ? 'null' : typeof make}; for example (c) => c.position.x.gt(0).`,
  );
}

function build(schema: Schema): object {
  const root = new Map<string, unknown>();
  const groups = new Map<string, Map<string, unknown>>();
  for (const { name } of schema) {
    const expression = new Expression(columnNode(name));
    root.set(name, expression);
    const at = name.indexOf('__');
    if (at < 0) continue;
    const group = groups.get(name.slice(0, at)) ?? new Map<string, unknown>();
    group.set(name.slice(at + 2), expression);
    groups.set(name.slice(0, at), group);
  }
  for (const [prefix, group] of groups) {
    if (!root.has(prefix))
      root.set(
        prefix,
        lookup(group, (field) => `${prefix}__${field}`, root),
      );
  }
  return lookup(new Map([...root, ['has', has]]), (name) => name, root);
}

/** An object whose unknown names are errors at once. Known ones are its own, so that finding them asks no proxy. */
function lookup(
  known: ReadonlyMap<string, unknown>,
  full: (name: string) => string,
  all: ReadonlyMap<string, unknown>,
): object {
  const unknown = new Proxy(Object.freeze(Object.create(null) as object), {
    get(_target, name) {
      if (typeof name === 'string') throw unknownColumn(full(name), all.keys());
    },
  });
  const own = [...known].map(([name, value]) => [name, { value }]);
  return Object.freeze(Object.create(unknown, Object.fromEntries(own)) as object);
}
