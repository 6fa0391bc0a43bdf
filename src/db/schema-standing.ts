import type { SchemaStanding } from '../core/dependency.ts'
import { madeIn, oldestOf } from './oldest.ts'
import type { SchemaChange } from './schema-change.ts'
import type { Db } from './tables.ts'

/** How the schema of a database stands to a program that knows these migrations. */
export async function schemaStanding(db: Db, known: Readonly<Record<string, SchemaChange>>): Promise<SchemaStanding> {
  const made = await madeIn(db)
  const names = Object.keys(known).sort()
  const lacks = names.some((name) => !made.includes(name))
  if (made.every((name) => Object.hasOwn(known, name))) return lacks ? 'older' : 'own'
  const [oldest, newest = ''] = [await oldestOf(db), names.at(-1)]
  return lacks || oldest === null || oldest > newest ? 'too_new' : 'newer'
}
