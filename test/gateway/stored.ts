import { settingColumns } from '../../src/gateway/rules/index.ts'
import type { Stored } from '../../src/gateway/rules/stored.ts'

/** What the database has of a project for which nothing was ever set: every column that a rule reads is null. */
export const NOTHING_STORED: Stored = {
  archivedAt: null,
  ...(settings() as Pick<Stored, 'project' | 'organization'>),
  limits: [],
  authorities: [],
}

function settings() {
  const of = (whose: string) =>
    settingColumns
      .filter((column) => column.startsWith(`${whose}.`))
      .map((column) => [column.slice(whose.length + 1), null])
  return { project: Object.fromEntries(of('project')), organization: Object.fromEntries(of('organization')) }
}
