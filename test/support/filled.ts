import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { sqlitePath } from '../../src/db/open.ts'
import { type Filling, fillings } from './filling.ts'

/**
 * Fills a database that no server is open on. References are not checked: what a filling refers to is there or is nobody's
 * question. PostgreSQL then knows its numbers, as it does by itself in time; SQLite does not.
 */
export async function fill(url: string, filling: Omit<Filling, 'kind'>): Promise<void> {
  const path = sqlitePath(url)
  if (path === null) return await fillPostgres(url, fillings({ ...filling, kind: 'postgres' }))
  const db = new DatabaseSync(path)
  try {
    db.exec('pragma foreign_keys = off; pragma synchronous = off; pragma cache_size = -400000')
    for (const statement of fillings({ ...filling, kind: 'sqlite' })) db.exec(statement)
    db.exec('pragma wal_checkpoint(truncate)')
  } finally {
    db.close()
  }
}

async function fillPostgres(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query("set session_replication_role = 'replica'")
    for (const statement of statements) await client.query(statement)
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}

/** Takes out of a filled SQLite database what refers to nothing, as no database of ours has it. */
export function dropOrphans(url: string): void {
  using db = new DatabaseSync(sqlitePath(url) ?? '')
  db.exec('pragma foreign_keys = off')
  for (;;) {
    const wrong = db.prepare('select "table" as name, rowid as id from pragma_foreign_key_check').all()
    if (wrong.length === 0) return
    db.exec('begin')
    for (const { name, id } of wrong) db.prepare(`delete from ${name} where rowid = ?`).run(Number(id))
    db.exec('commit')
  }
}
