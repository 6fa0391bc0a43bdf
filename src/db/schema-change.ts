import type { Migration } from 'kysely/migration'

/** A migration, and which programs can still work on the database once it was made. */
export type SchemaChange = Migration & {
  /**
   * The name of the newest migration that a program must know at least, to work on what this one makes; null where it only adds, so that
   * whoever could work before still can.
   */
  oldest: string | null
}

/** A migration that only adds. */
export const adds = (up: SchemaChange['up']): SchemaChange => ({ oldest: null, up })

/** Migrations from before databases kept this: nobody can work on the last of them who does not know it. */
export function fromBefore<N extends string>(ones: Record<N, Migration>): Record<string, SchemaChange> {
  const names = Object.keys(ones).sort()
  const oldest = names.at(-1) ?? null
  return Object.fromEntries(Object.entries<Migration>(ones).map(([name, one]) => [name, { ...one, oldest }]))
}
