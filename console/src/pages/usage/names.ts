import { useQueries, useQuery } from '@tanstack/react-query'
import { call } from '../../api/call.ts'
import type { UsageView } from '../../router.tsx'

/** What those are called that a report names by their ids, as far as one may know it: where not, the id is the name. */
export function useNames(by: NonNullable<UsageView['by']>, ids: readonly string[]): ReadonlyMap<string, string> {
  const asked = by === 'project' || by === 'user' ? ids.filter((id) => id !== '') : []
  const keys = useQuery({
    queryKey: ['names of keys', ids],
    queryFn: ({ signal }) => keyNames(ids, signal),
    enabled: by === 'key' && ids.length > 0,
    staleTime: 60_000,
    retry: false,
  })
  const others = useQueries({
    queries: asked.map((id) => ({
      queryKey: ['name', by, id],
      queryFn: ({ signal }: { signal: AbortSignal }) => nameOf(by, id, signal),
      staleTime: 60_000,
      retry: false,
    })),
    combine: (results) => new Map(results.map(({ data }, i) => [asked[i] ?? '', data || (asked[i] ?? '')])),
  })
  return by === 'key' ? (keys.data ?? new Map()) : others
}

/** Pages of keys that are looked through for names. */
const PAGES = 10

/** The names of these keys. One that is deleted, or that stands behind a thousand others, has none. */
async function keyNames(ids: readonly string[], signal: AbortSignal): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  let after: string | undefined
  for (let page = 0; page < PAGES && ids.some((id) => id !== '' && !names.has(id)); page++) {
    const { data, has_more, last_id } = await call(
      'GET /v1/organization/api_keys',
      { query: { after, limit: 100 } },
      signal,
    )
    for (const { id, name } of data) if (ids.includes(id)) names.set(id, name)
    if (!has_more || last_id === null) break
    after = last_id
  }
  return names
}

async function nameOf(by: UsageView['by'], id: string, signal: AbortSignal): Promise<string> {
  if (by === 'project') {
    return (await call('GET /v1/organization/projects/:project_id', { params: { project_id: id } }, signal)).name
  }
  // A service account is one of those that use something, and no user of the organization.
  if (!id.startsWith('user')) return id
  const user = await call('GET /v1/organization/users/:user_id', { params: { user_id: id } }, signal)
  return user.name || user.email || id
}
