import { useRead } from '../../api/query.ts'
import { Empty } from '../../patterns/empty.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { Section } from '../../patterns/page.tsx'
import { useMay } from '../../session/may.ts'
import type { Project } from './known.ts'
import { ProjectPage } from './project.tsx'
import { RetentionForm } from './tiers/retention-form.tsx'
import { TierForm } from './tiers/tier-form.tsx'

/** In which tiers the project's calls are served, and what is kept of them. */
export function Tiers() {
  const sees = useMay('api.management.read')
  return (
    <ProjectPage title="Tiers and retention" lead="How this project is served, and what the model server may keep.">
      {(project) =>
        sees ? (
          <>
            <TierSection project={project} />
            <RetentionSection project={project} />
          </>
        ) : (
          <Empty
            title="How this project is served"
            words="Tiers and retention are shown to the owners of the organization."
          />
        )
      }
    </ProjectPage>
  )
}

function TierSection({ project }: { project: Project }) {
  const read = useRead('GET /v1/organization/projects/:project_id/service_tier_settings', {
    params: { project_id: project.id },
  })
  return (
    <Section title="Service tiers">
      {read.data ? (
        <TierForm key={JSON.stringify(read.data)} project={project} settings={read.data} />
      ) : read.error ? (
        <Failure error={read.error} again={() => void read.refetch()} />
      ) : (
        <span className="bone" />
      )}
    </Section>
  )
}

function RetentionSection({ project }: { project: Project }) {
  const own = useRead('GET /v1/organization/projects/:project_id/data_retention', {
    params: { project_id: project.id },
  })
  const all = useRead('GET /v1/organization/data_retention', {})
  const error = own.error ?? all.error
  const again = () => {
    void own.refetch()
    void all.refetch()
  }
  return (
    <Section title="Data retention">
      {own.data && all.data ? (
        <RetentionForm key={own.data.type} project={project} own={own.data.type} organization={all.data.type} />
      ) : error ? (
        <Failure error={error} again={again} />
      ) : (
        <span className="bone" />
      )}
    </Section>
  )
}
