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

/** All that is stored of a project's rules, as rules name what they read of it. */
export type Source = SettingColumn | Exclude<keyof Stored, 'project' | 'organization'>

type ColumnsOf<Whose extends string, S> = S extends `${Whose}.${infer Column}` ? Column : never

/** What a rule gets that reads these. */
export type Reads<S extends Source> = Pick<Stored, Extract<S, keyof Stored>> & {
  project: Pick<Stored['project'], ColumnsOf<'project', S> & keyof Stored['project']>
  organization: Pick<Stored['organization'], ColumnsOf<'organization', S> & keyof Stored['organization']>
}
