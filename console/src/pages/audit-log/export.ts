import { call } from '../../api/call.ts'
import { csvLine } from '../../patterns/csv.ts'
import { actorOf, type Event, payloadOf, type Query } from './events.ts'

/** Every event that passes the filters, a page after the other, newest first. */
async function* pagesOf(query: Query): AsyncGenerator<Event[]> {
  let after: string | undefined
  do {
    const page = await call('GET /v1/organization/audit_logs', { query: { ...query, after, limit: 100 } })
    yield page.data
    after = page.has_more ? (page.last_id ?? undefined) : undefined
  } while (after !== undefined)
}

/** The events as the API has them, one a line. */
export async function* jsonLines(query: Query): AsyncGenerator<string> {
  for await (const events of pagesOf(query)) yield events.map((event) => `${JSON.stringify(event)}\n`).join('')
}

/** The events as a table: the time is UTC, and what the event says is JSON in its last column. */
export async function* csv(query: Query): AsyncGenerator<string> {
  yield csvLine([
    ...['time', 'type', 'actor', 'actor_id', 'api_key_id', 'ip_address', 'project_id', 'project_name'],
    ...['resource_id', 'event_id', 'payload'],
  ])
  for await (const events of pagesOf(query)) yield events.map(lineOf).join('')
}

function lineOf(event: Event): string {
  const { id, type, effective_at, project, actor } = event
  const who = actorOf(event)
  const payload = payloadOf(event)
  return csvLine([
    ...[new Date(effective_at * 1000).toISOString(), type, who?.name, who?.id, actor?.api_key?.id],
    ...[actor?.session?.ip_address, project?.id, project?.name, payload.id, id, JSON.stringify(payload)],
  ])
}
