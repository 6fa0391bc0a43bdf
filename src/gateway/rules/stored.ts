import type { Row } from '../../db/tables.ts'

type Settings<T extends 'project_policy' | 'organization_policy'> = Omit<Row<T>, 'organization_id' | 'project_id'>
/** Null: nothing was ever set. */
type Nullable<T> = { [K in keyof T]: T[K] | null }

/** What the database has of a project that rules are read from. */
export type Stored = {
  /** Unix seconds; null for a project that is not archived. */
  archivedAt: number | null
  project: Nullable<Settings<'project_policy'>>
  organization: Nullable<Settings<'organization_policy'>>
  /** What the project has set of its rate limits, by row. */
  limits: readonly Pick<Row<'rate_limit'>, 'model' | 'limits'>[]
  /** Certificates that are active for it, in PEM. */
  authorities: readonly { content: string }[]
}

/** The columns of the settings, as rules name those that they read. */
export type SettingColumn = `project.${keyof Stored['project']}` | `organization.${keyof Stored['organization']}`
