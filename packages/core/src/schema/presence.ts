/** Which entities of a frame have a component: all of them, none, or those that `has` names. */
export type Presence = (component: string) => boolean | { has(entity: unknown): boolean };
