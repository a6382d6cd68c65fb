import { ArchetypeError } from '@archetype/runtime';

/** Tells with which code something is refused, and of a quota what remains. */
export async function refused(what: string, asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof ArchetypeError)) throw error;
    const { limit, remaining } = error.details;
    const left = limit === undefined ? '' : `, ${Number(remaining)} of ${Number(limit)} remain`;
    console.log(`  ${what}: ${error.code}${left}`);
    return;
  }
  throw new Error(`This should have been refused: ${what}.`);
}
