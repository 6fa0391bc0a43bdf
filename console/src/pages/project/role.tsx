import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Failure } from '../../patterns/failure.tsx'
import { Page } from '../../patterns/page.tsx'
import { Waiting } from '../../patterns/waiting.tsx'
import { RolePage } from '../roles/role-page.tsx'
import { useProject } from './known.ts'

/** A role of a project. */
export function ProjectRole() {
  const { projectId, roleId } = useParams({ from: '/inside/projects/$projectId/roles/$roleId' })
  const navigate = useNavigate()
  const { project, error, again } = useProject(projectId)
  const above = (
    <span className="cut">
      <Link to="/projects">Projects</Link> / <bdi>{project?.name ?? '…'}</bdi> /{' '}
      <Link to="/projects/$projectId/roles" params={{ projectId }}>
        Roles
      </Link>
    </span>
  )
  if (!project) {
    return (
      <Page title="Role" above={above}>
        {error ? <Failure error={error} again={again} /> : <Waiting />}
      </Page>
    )
  }
  return (
    <RolePage
      key={roleId}
      where={{ projectId, may: project.may }}
      {...{ roleId, above }}
      onDeleted={() => navigate({ to: '/projects/$projectId/roles', params: { projectId }, replace: true })}
    />
  )
}
