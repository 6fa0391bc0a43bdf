import { Act } from '../../patterns/act.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { Icon } from '../../patterns/icons.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Section } from '../../patterns/page.tsx'
import { AlertTable } from './alert-table.tsx'
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
  const { isOpen, open, close } = useOpened<'limit' | 'remove-limit'>()
  const use = useSpent(whose)
  if (use.error && !use.data) return <Failure error={use.error} again={() => void use.refetch()} />
  const scope = whose === 'organization' ? 'organization' : 'project'
  const limit = use.data?.limits.find((one) => one.scope === scope)?.threshold_amount ?? null
  const actions = !isFixed && use.data && (
    <div className="page-actions">
      {limit !== null && (
        <Act variant="default" denied={denied} onClick={() => open('remove-limit')}>
          Remove limit…
        </Act>
      )}
      <Act denied={denied} onClick={() => open('limit')}>
        {limit === null ? 'Set a limit' : 'Change limit'}
      </Act>
    </div>
  )
  return (
    <Section title="This month" actions={actions}>
      <Spent use={use.data} whose={whose} />
      {actions && isOpen('limit', denied) && <SetLimit {...{ whose, limit }} onClose={close} />}
      {actions && limit !== null && isOpen('remove-limit', denied) && <RemoveLimit whose={whose} onClose={close} />}
    </Section>
  )
}

/** Who is told when how much is spent. */
export function Alerts({ whose, denied, isFixed = false }: SpendProps) {
  const { isOpen, open, close } = useOpened<'new-alert'>()
  const button = !isFixed && (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => open('new-alert')}>
      New alert
    </Act>
  )
  return (
    <Section
      title="Alerts"
      lead="Mail is sent once a month, when what was spent reaches the amount. Calls go on."
      actions={button}
    >
      <AlertTable {...{ whose, denied, isFixed }} />
      {button && isOpen('new-alert', denied) && <EditAlert whose={whose} alert={null} onClose={close} />}
    </Section>
  )
}
