import { unknownId } from '../contract/error.ts'
import type { Row } from '../db/tables.ts'

/** The columns that say that something is a project's: for a `where`, and for a new row. */
export const ownedBy = ({ organization_id, id }: Row<'project'>) => ({ organization_id, project_id: id })

/** What was looked for; a refusal where there is none. @param param what named it: `group_id` */
export function existing<T>(row: T | undefined, param: string, id: string): T {
  if (row === undefined) throw unknownId(param, id)
  return row
}
