import { Link } from '@tanstack/react-router'
import { useRead } from '../api/query.ts'
import { Empty } from '../patterns/empty.tsx'
import { Failure } from '../patterns/failure.tsx'
import { Page, Section } from '../patterns/page.tsx'
import { useMay } from '../session/may.ts'
import { useMe } from '../session/me.ts'
import { RetentionForm } from './settings/retention-form.tsx'

/** What the organization is, and what it rules for all of its projects. */
export function Settings() {
  const me = useMe().data
  const reads = useMay('api.management.read')
  if (!me) return null
  const { id, name, default_project_id: projectId } = me.organization
  return (
    <Page title="Settings" lead="What the organization is, and what it rules for all of its projects.">
      <dl className="facts">
        <dt>Name</dt>
        <dd>{name}</dd>
        <dt>Organization ID</dt>
        <dd className="mono">{id}</dd>
        <dt>Sign-in page</dt>
        <dd>
          <span className="mono">{`${location.origin}/sign-in?organization=${id}`}</span>
          <div className="muted">For who is in several organizations here with one address.</div>
        </dd>
        <dt>Default project</dt>
        <dd className="mono">
          <Link to="/projects/$projectId" params={{ projectId }}>
            {projectId}
          </Link>
        </dd>
      </dl>
      <Section
        title="Data retention"
        lead="What the model server may keep of calls, in every project that rules nothing else for itself."
      >
        {reads ? (
          <Retention />
        ) : (
          <Empty title="What is kept" words="The retention of the organization is shown to its owners." />
        )}
      </Section>
    </Page>
  )
}

function Retention() {
  const { data, error, refetch } = useRead('GET /v1/organization/data_retention', {})
  if (data) return <RetentionForm key={data.type} own={data.type} />
  return error ? <Failure error={error} again={() => void refetch()} /> : <span className="bone" />
}
