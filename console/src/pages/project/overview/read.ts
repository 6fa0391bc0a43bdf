import { useRead } from '../../../api/query.ts'
import { useSpent } from '../../spend/whose.ts'
import type { Project } from '../known.ts'
import { rowsOf } from '../limits/row.ts'

/** As much of each list as one page has, which is all of most projects. */
const limit = 100

/** What a project's overview tells of it, as far as who is signed in may see it: what they may not is undefined for ever. */
export function useOverview(project: Project) {
  const of = { params: { project_id: project.id } }
  const isActive = project.status === 'active'
  const reads = project.may('api.management.read')
  const may = {
    keys: project.may('api.organization.projects.api_keys.read'),
    members: reads && isActive,
    spend: reads,
    limits: project.may('api.model.request') && isActive,
  }
  const path = '/v1/organization/projects/:project_id'
  const any = { limit, owner_project_access: 'any' } as const
  const keys = useRead(`GET ${path}/api_keys`, { ...of, query: any }, may.keys)
  const members = useRead(`GET ${path}/users`, { ...of, query: { limit } }, may.members)
  const limits = useRead(`GET ${path}/rate_limits/usage`, { ...of, query: { limit } }, may.limits)
  const spend = useSpent(project, may.spend)
  return { may, keys, members, limits, spend, rows: limits.data && rowsOf(limits.data.data, undefined) }
}
export type Overview = ReturnType<typeof useOverview>
