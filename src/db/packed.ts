import { type Expression, sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { Db } from './tables.ts'

/** Rows in one text: so many are read in a millisecond. */
const TOGETHER = 250

/**
 * The rows of a statement, as texts that the database has made of some of them each: tens of thousands of rows cross to this
 * thread without being made into objects at once, which would stop everything else that it does. Whoever goes through them
 * makes them, a text at a time.
 */
export class Packed<R> implements Iterable<R> {
  readonly #names: readonly string[]
  readonly #texts: readonly string[]

  constructor(names: readonly string[], texts: readonly string[]) {
    this.#names = names
    this.#texts = texts
  }

  *[Symbol.iterator](): Generator<R> {
    for (const some of this.together()) yield* some
  }

  /** Some rows at a time. */
  *together(): Generator<R[]> {
    for (const text of this.#texts) {
      const lists: unknown[][] = JSON.parse(text)
      // The names are those of the statement's columns, in their order.
      yield lists.map((list) => Object.fromEntries(this.#names.map((name, i) => [name, list[i]])) as R)
    }
  }
}

/**
 * Runs a statement whose rows come packed.
 * @param names of all its columns
 * @param order names of the columns that it is ordered by, all of them ascending; none: in whatever order
 */
export async function packed<R>(
  db: Db,
  statement: Expression<unknown>,
  names: readonly string[],
  order: readonly string[],
): Promise<Packed<R>> {
  const columns = sql.join(names.map((name) => sql.ref(name)))
  const by = order.length > 0 ? sql`order by ${sql.join(order.map((name) => sql.ref(name)))}` : sql``
  const list = isPostgres(db)
    ? sql`json_agg(json_build_array(${columns}) order by n)::text`
    : sql`json_group_array(json_array(${columns}) order by n)`
  const { rows } = await sql<{ text: string }>`select ${list} as text from
    (select *, row_number() over (${by}) - 1 as n from (${statement}) as found) as numbered
    group by n / ${sql.lit(TOGETHER)} order by n / ${sql.lit(TOGETHER)}`.execute(db)
  return new Packed(
    names,
    rows.map(({ text }) => text),
  )
}
