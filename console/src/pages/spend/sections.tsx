import { useState } from 'react'
import { Act } from '../../patterns/act.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { Icon } from '../../patterns/icons.tsx'
import { Section } from '../../patterns/page.tsx'
import { AlertTable } from './alert-table.tsx'
import type { Alert } from './alerts.ts'
import { EditAlert } from './edit-alert.tsx'
import { RemoveLimit, SetLimit } from './limit.tsx'
import { Spent } from './spent.tsx'
import { useSpent, type Whose } from './whose.ts'

type SpendProps = {
  whose: Whose
  /** Why it cannot be changed, and who could; null: it can. */
  denied: string | null
  /** Whether nobody can change it any more. */
  isFixed?: boolean
}

/** What was spent this month beside its limit, and the limit's change. */
export function Month({ whose, denied, isFixed = false }: SpendProps) {
  const [open, show] = useState<'set' | 'remove' | null>(null)
  const use = useSpent(whose)
  if (use.error && !use.data) return <Failure error={use.error} again={() => void use.refetch()} />
  const scope = whose === 'organization' ? 'organization' : 'project'
  const limit = use.data?.limits.find((one) => one.scope === scope)?.threshold_amount ?? null
  const close = () => show(null)
  const actions = !isFixed && use.data && (
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
      <Spent use={use.data} whose={whose} />
      {open === 'set' && <SetLimit {...{ whose, limit }} onClose={close} />}
      {open === 'remove' && <RemoveLimit whose={whose} onClose={close} />}
    </Section>
  )
}

/** Who is told when how much is spent. */
export function Alerts({ whose, denied, isFixed = false }: SpendProps) {
  const [edited, edit] = useState<Alert | 'new' | null>(null)
  const button = !isFixed && (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => edit('new')}>
      New alert
    </Act>
  )
  return (
    <Section
      title="Alerts"
      lead="Mail is sent once a month, when what was spent reaches the amount. Calls go on."
      actions={button}
    >
      <AlertTable {...{ whose, denied, isFixed }} onEdit={edit} />
      {edited !== null && (
        <EditAlert whose={whose} alert={edited === 'new' ? null : edited} onClose={() => edit(null)} />
      )}
    </Section>
  )
}
