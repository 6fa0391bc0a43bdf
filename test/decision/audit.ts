import type { TestApp } from '../support/harness.ts'

/** What the audit log says of a change. */
export type Recorded = { type: string; project: string | null; payload: unknown }

/** The changes that were recorded while something was done, oldest first; refused calls are none. */
export async function recorded(app: TestApp, work: () => Promise<unknown>): Promise<Recorded[]> {
  const before = new Set((await changes(app)).map(({ id }) => id))
  await work()
  const rows = (await changes(app)).filter(({ id }) => !before.has(id))
  return rows.map(({ type, project_id, payload }) => ({ type, project: project_id, payload: JSON.parse(payload) }))
}

function changes({ db }: TestApp) {
  return db
    .selectFrom('audit_log')
    .select(['id', 'type', 'project_id', 'payload'])
    .where('type', '!=', 'login.failed')
    .orderBy('id')
    .execute()
}
