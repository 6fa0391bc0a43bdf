import { useState } from 'react'
import type { Item } from '../../../api/operations.ts'
import { useChange, useRead } from '../../../api/query.ts'
import { RowAct } from '../../../patterns/act.tsx'
import { Confirm } from '../../../patterns/confirm.tsx'
import { Empty } from '../../../patterns/empty.tsx'
import { money } from '../../../patterns/figures.ts'
import { List } from '../../../patterns/list.tsx'
import type { Column } from '../../../patterns/table.tsx'
import { told } from '../../../patterns/told.ts'
import type { Project } from '../known.ts'
import { deniedIn } from '../project.tsx'

export type Alert = Item<'GET /v1/organization/projects/:project_id/spend_alerts'>

/** The alerts of a project: it may have twenty, which is one page. */
export function AlertTable({ project, onEdit }: { project: Project; onEdit: (alert: Alert) => void }) {
  const [leaving, remove] = useState<Alert | null>(null)
  const alerts = useRead('GET /v1/organization/projects/:project_id/spend_alerts', {
    params: { project_id: project.id },
    query: { limit: 100 },
  })
  const denied = deniedIn(project)
  const columns: Column<Alert>[] = [
    { title: 'At', cell: ({ threshold_amount }) => <span className="figure">{money(threshold_amount)}</span> },
    { title: 'Mail to', cell: ({ notification_channel }) => <Recipients of={notification_channel.recipients} /> },
    {
      title: 'Subject',
      as: 'wide',
      cell: ({ notification_channel: { subject_prefix } }) => (
        <span className="cut muted" title={subject_prefix ?? ''}>
          {subject_prefix || 'Gatehouse spend alert'}
        </span>
      ),
    },
    {
      title: 'Actions',
      as: 'end',
      cell: (alert) => {
        const of = `the alert at ${money(alert.threshold_amount)}`
        return (
          <>
            <RowAct {...{ denied, of }} word="Edit" onClick={() => onEdit(alert)} />
            <RowAct {...{ denied, of }} word="Delete" onClick={() => remove(alert)} />
          </>
        )
      },
    },
  ]
  return (
    <>
      <List
        label="Alerts"
        read={alerts}
        columns={project.status === 'active' ? columns : columns.slice(0, -1)}
        keyOf={({ id }) => id}
        empty={<Empty title="No alerts yet" words="An alert tells people by mail before the money is gone." />}
      />
      {leaving && <DeleteAlert project={project} alert={leaving} onClose={() => remove(null)} />}
    </>
  )
}

function Recipients({ of }: { of: readonly string[] }) {
  const all = of.join(', ')
  return (
    <span className="cut" title={all}>
      {all}
    </span>
  )
}

function DeleteAlert({ project, alert, onClose }: { project: Project; alert: Alert; onClose: () => void }) {
  const amount = money(alert.threshold_amount)
  const { mutate, isPending, error } = useChange(
    'DELETE /v1/organization/projects/:project_id/spend_alerts/:alert_id',
    () => {
      told(`The alert at ${amount} is deleted`)
      onClose()
    },
  )
  return (
    <Confirm
      title="Delete this alert?"
      words={`Nobody is told any more when ${amount} are spent.`}
      action="Delete alert"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { project_id: project.id, alert_id: alert.id } })}
      busy={isPending}
      error={error}
    />
  )
}
