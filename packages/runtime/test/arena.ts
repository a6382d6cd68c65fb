import { defineComponent, defineSimulation, i32, type Actor } from '@archetype/runtime';

export const Mark = defineComponent('Mark', { n: i32(0) });
export const arena = defineSimulation({ name: 'arena', components: [Mark] });

export const player: Actor = { id: 'pia', roles: ['player'] };
export const operator: Actor = { id: 'otto', roles: ['operator'] };
export const viewer: Actor = { id: 'vera', roles: ['viewer'] };
