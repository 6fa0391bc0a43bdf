import { RowAct } from '../../patterns/act.tsx'
import { Confirm } from '../../patterns/confirm.tsx'
import { adminCurl } from '../../patterns/curl.ts'
import { Empty } from '../../patterns/empty.tsx'
import { money } from '../../patterns/figures.ts'
import { List } from '../../patterns/list.tsx'
import { useOpened } from '../../patterns/opened.ts'
import type { Column } from '../../patterns/table.tsx'
import { told } from '../../patterns/told.ts'
import { type Alert, useAlerts, useDeleteAlert } from './alerts.ts'
import { EditAlert } from './edit-alert.tsx'
import type { Whose } from './whose.ts'

type AlertTableProps = {
  whose: Whose
  /** Why the alerts cannot be changed; null: they can. */
  denied: string | null
  isFixed: boolean
}

const idOf = ({ id }: Alert) => id

/** The alerts of a project, or of the organization. */
export function AlertTable({ whose, denied, isFixed }: AlertTableProps) {
  const { open, close, rowOf } = useOpened<'alert' | 'delete-alert'>()
  const alerts = useAlerts(whose)
  const the = (what: 'alert' | 'delete-alert') =>
    isFixed ? undefined : rowOf<Alert>(what, alerts.data?.data, idOf, denied)
  const [edited, leaving] = [the('alert'), the('delete-alert')]
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
            <RowAct {...{ denied, of }} word="Edit" onClick={() => open('alert', alert.id)} />
            <RowAct {...{ denied, of }} word="Delete" onClick={() => open('delete-alert', alert.id)} />
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
        columns={isFixed ? columns.slice(0, -1) : columns}
        keyOf={idOf}
        empty={
          <Empty
            title="No alerts yet"
            words="An alert tells people by mail before the money is gone."
            {...(!isFixed && { command: commandOf(whose) })}
          />
        }
      />
      {edited && <EditAlert whose={whose} alert={edited} onClose={close} />}
      {leaving && <DeleteAlert whose={whose} alert={leaving} onClose={close} />}
    </>
  )
}

const commandOf = (whose: Whose) =>
  adminCurl(
    `organization/${whose === 'organization' ? '' : `projects/${whose.id}/`}spend_alerts`,
    `{"threshold_amount": 5000, "currency": "USD", "interval": "month",
       "notification_channel": {"type": "email", "recipients": ["you@example.com"]}}`,
  )

function Recipients({ of }: { of: readonly string[] }) {
  const all = of.join(', ')
  return (
    <span className="cut" title={all}>
      {all}
    </span>
  )
}

function DeleteAlert({ whose, alert, onClose }: { whose: Whose; alert: Alert; onClose: () => void }) {
  const amount = money(alert.threshold_amount)
  const { remove, isPending, error } = useDeleteAlert(whose, () => {
    told(`The alert at ${amount} is deleted`)
    onClose()
  })
  return (
    <Confirm
      title="Delete this alert?"
      words={`Nobody is told any more when ${amount} are spent.`}
      name={amount}
      action="Delete alert"
      opened
      onClose={onClose}
      onConfirm={() => remove(alert.id)}
      busy={isPending}
      error={error}
    />
  )
}
