/** How this process uses a PostgreSQL; a SQLite file knows none of it. */
export type DatabaseSettings = Readonly<{
  /** The way to PostgreSQL around its pooler, for migrations and listening; null: the database's URL leads there itself. */
  directUrl: string | null
  /** Connections of this process, at most, besides the one that listens. */
  connections: number
  /** How long a new connection may take, and how long a statement waits for a free one, in milliseconds. */
  connectMs: number
  /** How long a statement may take, in milliseconds. Migrations may take longer. */
  statementMs: number
  /** How long a statement waits for another's lock, in milliseconds. */
  lockMs: number
  /** Whether the database speaks PostgreSQL's language without having advisory locks and NOTIFY. */
  distributed: boolean
}>

/** What holds where nothing else was set. */
export const DATABASE_PRESETS: DatabaseSettings = {
  directUrl: null,
  connections: 10,
  connectMs: 3000,
  statementMs: 10_000,
  lockMs: 5000,
  distributed: false,
}
