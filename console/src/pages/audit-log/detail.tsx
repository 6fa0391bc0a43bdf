import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useRead } from '../../api/query.ts'
import { Command } from '../../patterns/command.tsx'
import { Said } from '../../patterns/failure.tsx'
import { Time } from '../../patterns/time.tsx'
import './audit-log.css'
import { actorOf, type Event, fieldsOf, payloadOf } from './events.ts'

/** All of an event: who and from where, each field before and after, and what the API says of it. */
export function Detail({ event }: { event: Event }) {
  const who = actorOf(event)
  const { ip_address, user_agent } = event.actor?.session ?? {}
  const facts: [string, ReactNode][] = [
    ['When', <Time key="when" at={event.effective_at} as="minute" />],
    ['Who', who === null ? 'Whoever runs this server, from its command line' : <Actor key="who" {...who} />],
    ...(who === null ? [] : [['How', who.way] as [string, ReactNode]]),
    ...(ip_address === undefined ? [] : [['From', ip_address] as [string, ReactNode]]),
    ...(user_agent === undefined ? [] : [['Program', user_agent] as [string, ReactNode]]),
    ...(event.project ? [['Project', <ProjectLink key="project" {...event.project} />] as [string, ReactNode]] : []),
  ]
  return (
    <div className="stack event">
      <dl className="facts">
        {facts.map(([title, fact]) => (
          <div className="fact" key={title}>
            <dt>{title}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
      </dl>
      <Changes event={event} />
      <Command label="The event as the API has it" text={escaped(JSON.stringify(event, null, 2))} />
    </div>
  )
}

const Actor = ({ name, id }: { name: string; id: string }) => (
  <>
    <bdi>{name}</bdi> ({id})
  </>
)

const ProjectLink = ({ id, name }: { id: string; name: string }) => (
  <Link to="/projects/$projectId" params={{ projectId: id }}>
    {name || id}
  </Link>
)

/** What each field was and is. An event says only what it set, so what was there before is what an earlier one of the same thing set. */
function Changes({ event }: { event: Event }) {
  const fields = Object.entries(fieldsOf(event))
  const id = payloadOf(event).id
  const isChange = 'changes_requested' in payloadOf(event)
  const earlier = useRead(
    'GET /v1/organization/audit_logs',
    { query: { resource_ids: [id ?? ''], after: event.id, limit: 100 } },
    isChange && id !== undefined,
  )
  if (fields.length === 0) return null
  const before = (name: string): ReactNode => {
    if (!earlier.data) return earlier.error ? 'Unknown' : <span className="bone" />
    const found = earlier.data.data.find((one) => sameKind(one, event) && name in fieldsOf(one))
    return found ? shown(fieldsOf(found)[name]) : <span className="muted">Not in the log</span>
  }
  return (
    <>
      {earlier.error && <Said error={earlier.error} />}
      <div className="table-box">
        <table className="table changes">
          <caption className="hidden">{isChange ? 'What was changed' : 'What it began with'}</caption>
          <thead>
            <tr>
              <th scope="col">Field</th>
              {isChange && <th scope="col">Before</th>}
              <th scope="col">{isChange ? 'After' : 'Value'}</th>
            </tr>
          </thead>
          <tbody>
            {fields.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {isChange && <td>{before(name)}</td>}
                <td>{shown(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

/** `project.created` and `project.updated` are about the same kind of thing. */
const sameKind = (one: Event, other: Event) => one.type.split('.')[0] === other.type.split('.')[0]

const shown = (value: unknown): ReactNode =>
  value === null || value === '' ? (
    <span className="muted">None</span>
  ) : (
    <bdi>{typeof value === 'string' ? value : escaped(JSON.stringify(value))}</bdi>
  )

/** JSON in which what nobody sees is written out, so that each of its lines reads as it is. */
const escaped = (json: string) =>
  json.replace(/\p{Cf}/gu, (character) =>
    Array.from(character.split(''), (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  )
