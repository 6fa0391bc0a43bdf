import { type CreateTableBuilder, type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'
import { isPostgres } from '../dialect.ts'

const dimensions = [
  'api_key_id',
  'project_id',
  'user_id',
  'model',
  'line_item',
  'quantity_unit',
  'service_tier',
  'api_source',
  'size',
  'source',
  'context_level',
  'vector_store_id',
] as const

const measures = [
  'amount_nano',
  'units',
  'num_model_requests',
  'input_tokens',
  'output_tokens',
  'input_cached_tokens',
  'input_cache_write_30m_tokens',
  'input_cache_write_12h_tokens',
  'input_audio_tokens',
  'input_image_tokens',
  'input_cached_audio_tokens',
  'input_cached_image_tokens',
  'output_audio_tokens',
  'output_image_tokens',
] as const

/**
 * The key begins with what every report asks for and goes on with the API key, so that reports read one stretch of it and
 * group by key without sorting. SQLite stores the rows in the key's own order. There is no reference to the organization:
 * checking it at every write would cost more than it tells.
 */
export const usage: Migration = {
  async up(db: Kysely<unknown>) {
    const id = idType(db)
    let table: CreateTableBuilder<string, string> = db.schema
      .createTable('usage_rollup')
      .addColumn('organization_id', id, (c) => c.notNull())
      .addColumn('kind', id, (c) => c.notNull())
      .addColumn('grain', 'bigint', (c) => c.notNull())
      .addColumn('time', 'bigint', (c) => c.notNull())
    for (const name of dimensions) table = table.addColumn(name, id, (c) => c.notNull())
    table = table.addColumn('batch', 'bigint', (c) => c.notNull())
    for (const name of measures) table = table.addColumn(name, 'bigint', (c) => c.notNull())
    table = table.addPrimaryKeyConstraint('usage_rollup_key', [
      'organization_id',
      'kind',
      'grain',
      'time',
      ...dimensions,
      'batch',
    ])
    await (isPostgres(db) ? table : table.modifyEnd(sql`without rowid`)).execute()
  },
}
