import type { Combine } from '@archetype/core';
import fc from 'fast-check';
import { names, type Cell, type Cells, type Name, type Parts } from './components.ts';

/** What is staged on a world. Entities are ids, some of which never lived or live no more. */
export type StagedOp =
  | { readonly kind: 'spawn'; readonly parts: Parts }
  | {
      readonly kind: 'spawnMany';
      readonly parts: Parts;
      readonly count: number;
      readonly asFrame: boolean;
    }
  | { readonly kind: 'despawn'; readonly entity: number }
  | {
      readonly kind: 'update';
      readonly entity: number;
      readonly component: Name;
      readonly cells: Cells;
    }
  | { readonly kind: 'add'; readonly entity: number; readonly parts: Parts }
  | { readonly kind: 'remove'; readonly entity: number; readonly components: readonly Name[] };

export type Target = readonly (
  | { readonly id: number }
  | { readonly birth: number }
  /** One of those who are alive, bound to an id when the tick comes. */
  | { readonly pick: number }
)[];
/** How a target is handed over. */
type Form = 'one' | 'array' | 'column' | 'frame';

/** What a processor asks for. */
export type EmissionOp =
  | {
      readonly kind: 'spawn';
      readonly parts: Parts;
      readonly count?: number;
      readonly asFrame?: boolean;
    }
  | { readonly kind: 'despawn'; readonly target: Target; readonly form: Form }
  | {
      readonly kind: 'update';
      readonly target: Target;
      readonly form: Form;
      readonly component: Name;
      readonly cells: Cells;
      /** A cell for each entity, rather than one for all. */
      readonly each: boolean;
      readonly combine: Combine | undefined;
    }
  | { readonly kind: 'add'; readonly target: Target; readonly form: Form; readonly parts: Parts }
  | {
      readonly kind: 'remove';
      readonly target: Target;
      readonly form: Form;
      readonly components: readonly Name[];
    };

/** Processors of one tick, in the order in which they run; what each asks for, per call. */
export type Script = readonly {
  readonly name: string;
  readonly scope: 'table' | 'world';
  readonly needs: readonly Name[];
  /** The field to which it adds 1. */
  readonly grows: 'Body.x' | 'Count.n' | undefined;
  readonly ops: readonly (readonly EmissionOp[])[];
}[];

export type Command =
  | { readonly kind: 'stage'; readonly world: number; readonly op: StagedOp }
  | { readonly kind: 'discard'; readonly world: number }
  | { readonly kind: 'step'; readonly world: number; readonly script: Script }
  | { readonly kind: 'fork'; readonly world: number; readonly at: number | 'now' };

const number = fc.integer({ min: -3, max: 9 });
const entityId = fc.integer({ min: 1, max: 14 });
const link: fc.Arbitrary<Cell> = fc.oneof(fc.constant(null), entityId);
const linkOrBirth: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 3, arbitrary: link },
  { weight: 2, arbitrary: fc.record({ birth: fc.nat(1) }) },
);
const note = fc.constantFrom('a', 'b', 'ä€');

const fieldsOf = (to: fc.Arbitrary<Cell>): { readonly [N in Name]: fc.Arbitrary<Cells> } => ({
  Body: fc.record({ x: number, y: number }, { requiredKeys: [] }),
  Count: fc.record({ n: number }, { requiredKeys: [] }),
  Link: fc.record({ to, note }, { requiredKeys: [] }),
  Mark: fc.constant({}),
});
const parts = (to: fc.Arbitrary<Cell>, min = 0): fc.Arbitrary<Parts> =>
  fc
    .subarray([...names], { minLength: min })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map((name) => [name, fieldsOf(to)[name]]))),
    ) as fc.Arbitrary<Parts>;
const someNames = fc.subarray([...names], { minLength: 1, maxLength: 2 });
const patch = (to: fc.Arbitrary<Cell>): fc.Arbitrary<{ component: Name; cells: Cells }> =>
  fc
    .constantFrom<Name>('Body', 'Body', 'Count', 'Link')
    .chain((component) =>
      fc.record({ component: fc.constant(component), cells: fieldsOf(to)[component] }),
    );

const staged: fc.Arbitrary<StagedOp> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('spawn' as const), parts: parts(link) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('spawnMany' as const),
      parts: parts(link, 1),
      count: fc.integer({ min: 0, max: 4 }),
      asFrame: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('despawn' as const), entity: entityId }) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(entityId, patch(link))
      .map(([entity, given]) => ({ kind: 'update' as const, entity, ...given })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      entity: entityId,
      parts: parts(link, 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('remove' as const),
      entity: entityId,
      components: someNames,
    }),
  },
);

const form = fc.constantFrom<Form>('one', 'array', 'column', 'frame');
const target: fc.Arbitrary<Target> = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.record({ pick: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ id: entityId }) },
    { weight: 2, arbitrary: fc.record({ birth: fc.nat(1) }) },
  ),
  { maxLength: 4 },
);
const combine = fc.constantFrom<Combine | undefined>(undefined, 'last', 'sum', 'sum', 'min', 'max');
const emission: fc.Arbitrary<EmissionOp> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('spawn' as const), parts: parts(linkOrBirth) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('spawn' as const),
      parts: parts(link, 1),
      count: fc.integer({ min: 0, max: 3 }),
      asFrame: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('despawn' as const), target, form }) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(target, form, patch(linkOrBirth), fc.boolean(), combine)
      .map(([entities, by, given, each, how]) => ({
        kind: 'update' as const,
        target: entities,
        form: by,
        ...given,
        each,
        combine: how,
      })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      target,
      form,
      parts: parts(linkOrBirth, 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('remove' as const),
      target,
      form,
      components: someNames,
    }),
  },
);
const call = fc.array(emission, { maxLength: 4 });
const ops = fc.array(call, { maxLength: 3 });

/** Processors in the order in which they run: two that also write, two side by side on the tables, one for the world. */
const scripts: fc.Arbitrary<Script> = fc
  .tuple(fc.boolean(), fc.boolean(), ops, ops, ops, ops)
  .map(([bodies, counts, first, second, third, fourth]) => [
    part('grow', 'table', ['Body'], bodies ? 'Body.x' : undefined, first),
    part('meddle', 'table', [], undefined, second),
    part('stir', 'table', ['Body'], undefined, third),
    part('survey', 'world', ['Count'], counts ? 'Count.n' : undefined, fourth),
  ]);
const part = (
  name: string,
  scope: 'table' | 'world',
  needs: readonly Name[],
  grows: Script[number]['grows'],
  asked: Script[number]['ops'],
): Script[number] => ({ name, scope, needs, grows, ops: asked });

const world = fc.integer({ min: 0, max: 2 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('stage' as const), world, op: staged }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('step' as const), world, script: scripts }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('discard' as const), world }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fork' as const),
      world,
      at: fc.oneof(fc.constant('now' as const), fc.integer({ min: 0, max: 4 })),
    }),
  },
);

export const program: fc.Arbitrary<readonly Command[]> = fc.array(command, {
  minLength: 4,
  maxLength: 30,
  size: 'max',
});

/** Mostly entities that were once born. */
export function bindStaged(op: StagedOp, given: number): StagedOp {
  if (!('entity' in op) || given === 0 || op.entity > 12) return op;
  return { ...op, entity: 1 + (op.entity % given) };
}

export const bindScript = (script: Script, living: readonly number[]): Script =>
  script.map((processor) => ({
    ...processor,
    ops: processor.ops.map((calls) =>
      calls.map((op) =>
        'target' in op ? { ...op, target: op.target.map((one) => boundTo(one, living)) } : op,
      ),
    ),
  }));

const boundTo = (one: Target[number], living: readonly number[]): Target[number] =>
  'pick' in one && living.length > 0 ? { id: living[one.pick % living.length]! } : one;
