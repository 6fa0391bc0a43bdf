import type { UseQueryResult } from '@tanstack/react-query'
import type { Item, Reply } from '../api/operations.ts'
import { useRead } from '../api/query.ts'
import { useMay } from '../session/may.ts'

export type ListedProject = Pick<Item<'GET /v1/organization/projects'>, 'id' | 'name' | 'created_at' | 'status'>
type Page = Pick<Reply<'GET /v1/organization/projects'>, 'last_id' | 'has_more'> & { data: ListedProject[] }
type Asked = { after?: string | undefined; limit?: number; include_archived?: boolean; name?: string | undefined }

/** A page of the projects that one may see: all there are, or those that one is in. Both are asked alike. */
export function useProjects(query: Asked, enabled = true): UseQueryResult<Page, Error> {
  const seesAll = useMay('api.management.read')
  const all = useRead('GET /v1/organization/projects', { query }, enabled && seesAll)
  const { after, limit, name } = query
  const mine = useRead('GET /v1/organization/me/projects', { query: { after, limit, name } }, enabled && !seesAll)
  if (seesAll) return all
  const data = mine.data && { ...mine.data, data: mine.data.data.map((one) => ({ ...one, status: 'active' as const })) }
  return { ...mine, data } as UseQueryResult<Page, Error>
}
