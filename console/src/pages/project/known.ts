import type { UseQueryResult } from '@tanstack/react-query'
import type { Item, Reply } from '../../api/operations.ts'
import { useRead } from '../../api/query.ts'
import { useMe } from '../../session/me.ts'

type Whole = Reply<'GET /v1/organization/projects/:project_id'>
type Mine = Item<'GET /v1/organization/me/projects'>

/** What is known of a project: all of it by who may read it, its name and age by its members. */
export type Project = Pick<Whole, 'id' | 'name' | 'created_at' | 'archived_at' | 'status'> & {
  /** Whether who is signed in may do something in it. */
  may: (permission: string) => boolean
}

type Known = { project: Project | null; error: Error | null; again: () => void }

/** A project, as far as who is signed in may know it. */
export function useProject(id: string): Known {
  const me = useMe()
  const mine = useRead('GET /v1/organization/me/projects', { query: { project_id: id } })
  // A server of the version before answers with others, too: it knows nothing of this filter.
  const own = mine.data?.data.find((one) => one.id === id)
  const may = (permission: string) =>
    (me.data?.permissions.includes(permission) || own?.permissions.includes(permission)) ?? false
  const reads = may('api.management.read')
  // A member whom nobody gave the reading of projects is not refused what the list of their own says.
  const isAsked = reads || (mine.isFetched && own === undefined)
  const whole = useRead('GET /v1/organization/projects/:project_id', { params: { project_id: id } }, isAsked)
  const source: UseQueryResult<unknown, Error> = isAsked ? whole : mine
  return {
    project: isAsked ? (whole.data ? { ...whole.data, may } : null) : own ? { ...active(own), may } : null,
    error: source.error,
    again: () => void source.refetch(),
  }
}

const active = ({ id, name, created_at }: Mine) => ({
  id,
  name,
  created_at,
  archived_at: null,
  status: 'active' as const,
})
