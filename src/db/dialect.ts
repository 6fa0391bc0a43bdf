import { type Kysely, PostgresAdapter as KyselyAdapter } from 'kysely'

/**
 * PostgreSQL, or what speaks its language. Whoever migrates has taken the lock before (`migrate.ts`): Kysely's own would be of a
 * session, which behind a pooler is nobody's.
 */
export class PostgresAdapter extends KyselyAdapter {
  /** Whether there are no advisory locks and no NOTIFY. */
  readonly distributed: boolean

  constructor(distributed: boolean) {
    super()
    this.distributed = distributed
  }

  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/** Which of the two databases this is. Nobody outside this folder asks. */
export function isPostgres<T>(db: Pick<Kysely<T>, 'getExecutor'>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}

/** Whether it has PostgreSQL's language without its advisory locks and NOTIFY. */
export function isDistributed<T>(db: Pick<Kysely<T>, 'getExecutor'>): boolean {
  const { adapter } = db.getExecutor()
  return adapter instanceof PostgresAdapter && adapter.distributed
}
