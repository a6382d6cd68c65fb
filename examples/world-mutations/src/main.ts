import { ArchetypeRuntime } from '@archetype/runtime';
import { refused } from './refused.ts';
import { tellTrail } from './trail.ts';
import { bell, heal, Health, movement, Position, Velocity, Wind, yard } from './yard.ts';

await using runtime = new ArchetypeRuntime({
  storage: { backend: 'memory' },
  actors: {
    simulations: [yard],
    processors: [movement],
    hooks: { bell },
    handlers: { heal },
    quotas: { roles: { guest: { commandsPerTick: 3 } } },
  },
});

// The script's own calls are trusted; whoever has a handle by `as` goes through the gate.
const world = runtime.world('yard', yard, { seed: 1 });
const viewer = world.as({ id: 'vera', roles: ['viewer'] });
const player = world.as({ id: 'pia', roles: ['player'] });
const operator = world.as({ id: 'otto', roles: ['operator'] });
const guest = world.as({ id: 'gus', roles: ['player', 'guest'] });
const admin = runtime.as({ id: 'ada', roles: ['admin'] });

/** Who is where, as the viewer reads it. */
async function show(of = viewer): Promise<void> {
  const { name, tick } = await of.info();
  const rows = (await of.query([Position], { limit: 5 })).toRows();
  const all = rows.map((row) => `${row.entity_id} at ${row.position__x},${row.position__y}`);
  console.log(`  ${name}, tick ${tick}: ${all.join('   ')}`);
}

console.log('Players change who there is, and values.');
const scout = await player.spawn(Position());
const [dummy, crate] = (await player.spawnMany([
  [Position({ x: 10, y: 10 })],
  [Position({ x: 5, y: 5 })],
])) as [number, number];
await world.step();
await player.update(scout, Position, { x: 2, y: 1 });
await player.send({ to: dummy, from: scout, content: 'stand still' });
await player.despawn(crate);
await operator.step();
await show();

console.log('\nOperators change what entities are made of, and what happens to them.');
await operator.addComponents(scout, Velocity({ dx: 1.5, dy: 0.5 }), Health({ points: 80 }));
await operator.removeComponents(dummy, Position);
await operator.addProcessor('movement');
await operator.setResource(Wind(1));
const hook = await operator.addHook('bell');
await operator.run({ steps: 2 });
await operator.removeHook(hook);
await show();
await operator.removeProcessor('movement');
await operator.step();
await show();

console.log('\nAdmins make worlds.');
const annex = await admin.createWorld({ name: 'annex' });
await annex.runEpisode({ maxSteps: 3 });
console.log(`  the annex stands at tick ${(await annex.info()).tick}`);
await annex.destroy();

console.log('\nWhat is refused says why, and changes nothing.');
const otto = runtime.as({ id: 'otto', roles: ['operator'] });
const far = { components: [{ type: 'Position', x: 'far' }] };
await refused('a viewer spawns', viewer.spawn(Position()));
await refused('a player adds a processor', player.addProcessor('movement'));
await refused('an operator makes a world', otto.createWorld({ name: 'own' }));
await refused('a position is "far"', player.submit({ type: 'spawn', payload: far }));
await refused('entity 99 is updated', player.update(99, Position, { x: 1 }));
await refused(
  'a step is to wait in the queue',
  operator.submit({ type: 'step', tick: 9 } as never), // the compiler refuses it too
);

console.log('\nSubmitted commands wait for their tick, with ids from the start.');
const at = (x: number) => ({ components: [{ type: 'Position', x }] });
const late = await player.submit({ type: 'spawn', tick: 7, payload: at(70) });
const batch = await player.submitBatch([
  { type: 'spawn', payload: { entities: [at(61), at(62)] } },
  { type: 'update', payload: { entity_id: 99, components: [{ type: 'Position', x: 1 }] } },
  { type: 'despawn', payload: { entity_id: scout } },
]);
await player.cancel(batch[2]!.command);
const step = async (): Promise<void> => {
  await operator.step();
  await show();
  for (const { command } of [late, ...batch]) {
    const { type, status, code } = await player.command(command);
    console.log(`    ${type}: ${status}${code === undefined ? '' : ` (${code})`}`);
  }
};
await step();
await step();

console.log('\nThe same key is the same command.');
const tower = { type: 'spawn', idempotencyKey: 'tower', payload: at(100) } as const;
const receipts = [await player.submit(tower), await player.submit(tower)];
console.log(`  entity ${receipts[0]!.entities[0]}, and again ${receipts[1]!.entities[0]}`);
await refused('the key with another tower', player.submit({ ...tower, payload: at(101) }));

console.log("\nCustom commands are the host's own code.");
await operator.update(scout, Health, { points: 1 });
await operator.step();
await player.custom('heal', { entity: scout });
await refused('an action without a handler', player.custom('haste', { entity: scout }));
await operator.step();
console.log(
  '  the scout has',
  (await viewer.query([Health])).column('health__points')[0],
  'points',
);

console.log('\nA fork goes its own way.');
const branch = await operator.fork({ name: 'branch' });
await branch.despawn(scout);
await branch.step();
await show();
await show(branch);
await branch.destroy();
await refused('a destroyed world takes a step', branch.step());

console.log('\nEverybody may do so much in one tick of a world.');
for (const x of [300, 301, 302]) await guest.spawn(Position({ x }));
await refused('a fourth command', guest.spawn(Position({ x: 303 })));
await operator.step();
await guest.spawn(Position({ x: 303 }));
console.log('  in the next tick there is room again');
await operator.step();

console.log('\nWho did what, by the audit trail.');
const { rows } = await runtime.audit({ limit: 1000 });
tellTrail(rows);
const verdict = await runtime.verifyAudit();
console.log(verdict.sound ? `  ${verdict.rows} rows, all as they were written` : verdict.problem);
