import { Link } from '@tanstack/react-router'
import { Time } from '../../../patterns/time.tsx'
import { ProjectStatus } from '../../project-table.tsx'
import type { Project } from '../known.ts'
import type { Overview } from './read.ts'

/** What a project is, and how many keys and members it has. */
export function Facts({ project, overview: { may, keys, members } }: { project: Project; overview: Overview }) {
  const params = { projectId: project.id }
  const used = keys.data?.data.map(({ last_used_at }) => last_used_at ?? 0)
  return (
    <dl className="facts">
      <dt>Name</dt>
      <dd>{project.name}</dd>
      <dt>Project ID</dt>
      <dd className="mono">{project.id}</dd>
      <dt>Status</dt>
      <dd>
        <ProjectStatus status={project.status} />
      </dd>
      <dt>Created</dt>
      <dd>
        <Time at={project.created_at} as="minute" />
      </dd>
      {project.archived_at !== null && (
        <>
          <dt>Archived</dt>
          <dd>
            <Time at={project.archived_at} as="minute" />
          </dd>
        </>
      )}
      <dt>Keys</dt>
      <dd>
        <Link to="/projects/$projectId/keys" params={params}>
          {may.keys ? counted(keys) : 'Make one'}
        </Link>
        {used && used.length > 0 && (
          <span className="muted">
            {' '}
            · last used <Time at={Math.max(...used) || null} as="ago" never="never" />
          </span>
        )}
      </dd>
      {may.members && (
        <>
          <dt>Members</dt>
          <dd>
            <Link to="/projects/$projectId/members" params={params}>
              {counted(members)}
            </Link>
          </dd>
        </>
      )}
    </dl>
  )
}

/** How many there are, as far as a page goes. */
function counted({ data, error }: Pick<Overview['keys'], 'error'> & { data: Listed | undefined }): string {
  if (data) return `${data.data.length}${data.has_more ? ' and more' : ''}`
  return error ? 'Not known now' : '…'
}
type Listed = { data: readonly unknown[]; has_more: boolean }
