import { Link, useSearch } from '@tanstack/react-router'
import { useRead } from '../api/query.ts'
import { Empty } from '../patterns/empty.tsx'
import { Export } from '../patterns/export.tsx'
import { List } from '../patterns/list.tsx'
import { seen } from '../patterns/names.ts'
import { Page } from '../patterns/page.tsx'
import { type Column, Name } from '../patterns/table.tsx'
import { Time } from '../patterns/time.tsx'
import { useMay } from '../session/may.ts'
import { Detail } from './audit-log/detail.tsx'
import { Elsewhere } from './audit-log/elsewhere.tsx'
import { actorOf, type Event, happening, objectOf, queryOf } from './audit-log/events.ts'
import { csv, jsonLines } from './audit-log/export.ts'
import { Filters } from './audit-log/filters.tsx'

const columns: Column<Event>[] = [
  { title: 'What', cell: (event) => <Happening event={event} /> },
  { title: 'Who', as: 'wide', cell: (event) => <Who event={event} /> },
  {
    title: 'Project',
    as: 'wide',
    cell: ({ project }) =>
      project && (
        <Link className="cut" to="/projects/$projectId" params={{ projectId: project.id }} title={project.name}>
          {seen(project.name || project.id)}
        </Link>
      ),
  },
  { title: 'When', cell: ({ effective_at }) => <Time at={effective_at} as="minute" /> },
]

function Happening({ event }: { event: Event }) {
  const about = objectOf(event)
  return (
    <span className="happening">
      <span className="cut strong">{happening(event)}</span>
      <span className="cut muted" title={about}>
        {about}
      </span>
    </span>
  )
}

function Who({ event }: { event: Event }) {
  const who = actorOf(event)
  return who === null ? <span className="muted">Command line</span> : <Name>{who.name}</Name>
}

/** What was changed in the organization, by whom, newest first. */
export function AuditLog() {
  const { after, type, actor, project, from, until } = useSearch({ from: '/inside/audit-log' })
  const filters = { type, actor, project, from, until }
  const reads = useMay('api.management.read')
  const query = queryOf(filters)
  const events = useRead('GET /v1/organization/audit_logs', { query: { ...query, after, limit: 50 } }, reads)
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  const formats = [
    { ending: 'csv', word: 'CSV, for a spreadsheet', parts: () => csv(query) },
    { ending: 'jsonl', word: 'JSONL, as the API has it', parts: () => jsonLines(query) },
  ]
  return (
    <Page
      title="Audit log"
      lead="Every change, every sign-in, and who did it. A row opens to what was changed."
      actions={reads && <Export name="audit-log" formats={formats} />}
    >
      {reads ? (
        <>
          <Filters filters={filters} />
          {events.data && <Elsewhere shown={events.data.data} columns={columns} />}
          <List
            label="Audit log"
            read={events}
            columns={columns}
            keyOf={({ id }) => id}
            after={after}
            detail={(event) => <Detail event={event} />}
            empty={
              <Empty
                title={isFiltered ? 'Nothing found' : 'Nothing has happened yet'}
                words={
                  isFiltered
                    ? 'No event matches these filters.'
                    : 'What is changed from now on stands here, with who did it.'
                }
              />
            }
          />
        </>
      ) : (
        <Empty title="What happened here" words="The audit log is shown to the owners of the organization." />
      )}
    </Page>
  )
}
