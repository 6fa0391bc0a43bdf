import { Link } from '@tanstack/react-router'
import { useRead } from '../../api/query.ts'
import { Command } from '../../patterns/command.tsx'
import { Section } from '../../patterns/page.tsx'
import { Time } from '../../patterns/time.tsx'
import { ProjectStatus } from '../project-table.tsx'
import type { Project } from './known.ts'
import { ProjectPage } from './project.tsx'

/** What a project is, and how it is called. */
export const Overview = () => <ProjectPage title="Overview">{(project) => <Facts project={project} />}</ProjectPage>

function Facts({ project }: { project: Project }) {
  const of = { params: { project_id: project.id } }
  const reads = project.may('api.organization.projects.api_keys.read')
  const query = { limit: 100, owner_project_access: 'any' } as const
  const keys = useRead('GET /v1/organization/projects/:project_id/api_keys', { ...of, query }, reads)
  const used = keys.data?.data.map(({ last_used_at }) => last_used_at ?? 0)
  return (
    <>
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
          <Link to="/projects/$projectId/keys" params={{ projectId: project.id }}>
            {keys.data ? `${keys.data.data.length}${keys.data.has_more ? ' and more' : ''}` : reads ? '…' : 'Make one'}
          </Link>
          {used && used.length > 0 && (
            <span className="muted">
              {' '}
              · last used <Time at={Math.max(...used) || null} as="ago" never="never" />
            </span>
          )}
        </dd>
      </dl>
      {project.status === 'active' && (
        <Section
          title="Call a model"
          lead="Any OpenAI client works: it takes these two variables."
          actions={
            <Link to="/playground" search={{ project: project.id }}>
              Try it in the playground
            </Link>
          }
        >
          <Command
            label="The variables of an OpenAI client"
            text={`export OPENAI_BASE_URL=${location.origin}/v1\nexport OPENAI_API_KEY=sk-proj-…`}
          />
        </Section>
      )}
    </>
  )
}
