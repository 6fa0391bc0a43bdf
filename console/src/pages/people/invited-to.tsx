import { Link } from '@tanstack/react-router'
import type { Item } from '../../api/operations.ts'
import { useRead } from '../../api/query.ts'
import { seen } from '../../patterns/names.ts'

type Projects = Item<'GET /v1/organization/invites'>['projects']

/** In which projects somebody is to be, as far as a row has room. An invite that names none is one to the default project, or to none. */
export function InvitedTo({ projects: [first, ...others] }: { projects: Projects }) {
  if (!first) return <span className="muted">None named</span>
  return (
    <div className="two">
      <ProjectLink id={first.id} />
      {others.length > 0 && <span className="muted">and {others.length} more</span>}
    </div>
  )
}

/** All of them, and as what. */
export function AllInvitedTo({ projects }: { projects: Projects }) {
  if (projects.length === 0) {
    return (
      <p className="muted">
        The invite names no project: whoever accepts it joins the default project, or none where that was chosen.
      </p>
    )
  }
  return (
    <dl className="facts">
      {projects.map(({ id, role }) => (
        <div className="fact" key={id}>
          <dt>{role === 'owner' ? 'Owner of' : 'Member of'}</dt>
          <dd>
            <ProjectLink id={id} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function ProjectLink({ id }: { id: string }) {
  const { data } = useRead('GET /v1/organization/projects/:project_id', { params: { project_id: id } })
  return (
    <Link className="cut" to="/projects/$projectId" params={{ projectId: id }} title={data?.name}>
      {data ? seen(data.name) : 'A project'}
    </Link>
  )
}
