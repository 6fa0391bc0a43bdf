import { type RawBuilder, sql } from 'kysely'
import { blank, dimensions, measures } from '../src/core/usage-entry.ts'
import { isPostgres } from '../src/db/dialect.ts'
import type { Db } from '../src/db/tables.ts'
import { numbered, series } from './made-up.ts'

const DAY = 86_400
const HOUR = 3600
const columns = ['organization_id', 'kind', 'grain', 'time', ...dimensions, ...measures]

type Columns = Partial<Record<(typeof columns)[number], RawBuilder<unknown>>>

/** A thousand users, a hundred projects and three models: days of all keys, hours of the last week of a tenth of them. */
export async function fill(db: Db, organizationId: string, keys: number, days: number): Promise<void> {
  const today = Math.floor(Date.now() / 1000 / DAY) * DAY
  const owner: Columns = {
    organization_id: sql`${organizationId}`,
    api_key_id: numbered(db, 'key_', sql`i`),
    project_id: numbered(db, 'proj_', sql`i % 100`),
    user_id: numbered(db, 'user-', sql`i % 1000`),
  }
  const tokens = { num_model_requests: sql`1 + i % 7`, input_tokens: sql`100 + i`, output_tokens: sql`10 + i % 90` }
  for (let day = 0; day < days; day++) {
    const time = sql`${today - day * DAY}`
    for (const item of ['m1, input_tokens', 'm1, output_tokens', 'm2, input_tokens']) {
      const cost = { line_item: sql`${item}`, quantity_unit: sql`'tokens'`, amount_nano: sql`1000 * i`, units: sql`i` }
      await insert(db, keys, { ...owner, kind: sql`'costs'`, grain: sql`${DAY}`, time, ...cost })
      const hours = { grain: sql`${HOUR}`, time: sql`${today - day * DAY + 5 * HOUR}` }
      if (day === days - 1) await insert(db, keys, { ...owner, kind: sql`'costs'`, ...hours, ...cost })
    }
    for (const model of ['m1', 'm2', 'm3']) {
      const of = { ...owner, kind: sql`'completions'`, model: sql`${model}`, ...tokens }
      await insert(db, keys, { ...of, grain: sql`${DAY}`, time })
      for (let hour = 0; hour < (day < 7 ? 24 : 0); hour++) {
        const at = { grain: sql`${HOUR}`, time: sql`${today - day * DAY + hour * HOUR}` }
        await insert(db, keys / 10, { ...of, ...at })
      }
    }
  }
  if (isPostgres(db)) await sql`analyze`.execute(db)
}

async function insert(db: Db, rows: number, given: Columns): Promise<void> {
  const values = columns.map((name) => given[name] ?? sql`${(blank as Record<string, unknown>)[name]}`)
  const names = sql.join(columns.map((name) => sql.ref(name)))
  await sql`insert into usage_rollup (${names}) select ${sql.join(values)} from ${series(db, rows)}`.execute(db)
}
