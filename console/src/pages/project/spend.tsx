import { useState } from 'react'
import { useRead } from '../../api/query.ts'
import { Act } from '../../patterns/act.tsx'
import { Empty } from '../../patterns/empty.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { Icon } from '../../patterns/icons.tsx'
import { Section } from '../../patterns/page.tsx'
import { useDenied } from '../../session/may.ts'
import type { Project } from './known.ts'
import { deniedIn, ProjectPage } from './project.tsx'
import { type Alert, AlertTable } from './spend/alert-table.tsx'
import { EditAlert } from './spend/edit-alert.tsx'
import { RemoveLimit, SetLimit } from './spend/limit.tsx'
import { Spent } from './spend/spent.tsx'

/** What the project spends, at most and before somebody is told. */
export const Spend = () => (
  <ProjectPage title="Spend" lead="Money is counted by the prices of the models, from the first of each month, UTC.">
    {(project) =>
      project.may('api.management.read') ? (
        <>
          <Month project={project} />
          <Alerts project={project} />
        </>
      ) : (
        <Empty title="What is spent" words="What a project spends is shown to its owners." />
      )
    }
  </ProjectPage>
)

function Month({ project }: { project: Project }) {
  const [open, show] = useState<'set' | 'remove' | null>(null)
  const use = useRead('GET /v1/organization/projects/:project_id/spend_limit/usage', {
    params: { project_id: project.id },
  })
  const denied = useDenied()
  if (use.error && !use.data) return <Failure error={use.error} again={() => void use.refetch()} />
  const own = use.data?.limits.find(({ scope }) => scope === 'project')
  const limit = own?.threshold_amount ?? null
  const close = () => show(null)
  const actions = project.status === 'active' && use.data && (
    <div className="page-actions">
      {limit !== null && (
        <Act variant="default" denied={denied} onClick={() => show('remove')}>
          Remove limit…
        </Act>
      )}
      <Act denied={denied} onClick={() => show('set')}>
        {limit === null ? 'Set a limit' : 'Change limit'}
      </Act>
    </div>
  )
  return (
    <Section title="This month" actions={actions}>
      <Spent use={use.data} />
      {open === 'set' && <SetLimit project={project} limit={limit} onClose={close} />}
      {open === 'remove' && <RemoveLimit project={project} onClose={close} />}
    </Section>
  )
}

function Alerts({ project }: { project: Project }) {
  const [edited, edit] = useState<Alert | 'new' | null>(null)
  const button = project.status === 'active' && (
    <Act denied={deniedIn(project)} leftSection={<Icon name="plus" />} onClick={() => edit('new')}>
      New alert
    </Act>
  )
  return (
    <Section
      title="Alerts"
      lead="Mail is sent once a month, when what was spent reaches the amount. Calls go on."
      actions={button}
    >
      <AlertTable project={project} onEdit={edit} />
      {edited !== null && (
        <EditAlert project={project} alert={edited === 'new' ? null : edited} onClose={() => edit(null)} />
      )}
    </Section>
  )
}
