import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { useChange } from '../../../api/query.ts'
import { Confirm } from '../../../patterns/confirm.tsx'
import { cents, money, typedDollars } from '../../../patterns/figures.ts'
import { Sheet } from '../../../patterns/sheet.tsx'
import { told } from '../../../patterns/told.ts'
import type { Project } from '../known.ts'

type LimitProps = { project: Project; onClose: () => void }

/** @param limit in cents; null: there is none yet */
export function SetLimit({ project, limit, onClose }: LimitProps & { limit: number | null }) {
  const [typed, type] = useState(limit === null ? '' : typedDollars(limit))
  const [isWrong, tell] = useState(false)
  const { mutate, isPending, error } = useChange(
    'POST /v1/organization/projects/:project_id/spend_limit',
    ({ threshold_amount }) => {
      told(`The project spends at most ${money(threshold_amount)} a month`)
      onClose()
    },
  )
  const submit = () => {
    const threshold_amount = cents(typed)
    tell(!threshold_amount)
    if (!threshold_amount) return
    mutate({ params: { project_id: project.id }, body: { threshold_amount, currency: 'USD', interval: 'month' } })
  }
  return (
    <Sheet
      {...{ title: 'Spend limit', opened: true, onClose, action: 'Save', busy: isPending, error }}
      onSubmit={submit}
    >
      <TextInput
        label="At most a month, in dollars"
        description="Calls are refused once it is spent, until the first of the next month, UTC."
        leftSection="$"
        inputMode="decimal"
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
        error={isWrong && 'An amount above zero, such as 250 or 12.50.'}
        required
        data-autofocus
        autoComplete="off"
      />
    </Sheet>
  )
}

export function RemoveLimit({ project, onClose }: LimitProps) {
  const { mutate, isPending, error } = useChange('DELETE /v1/organization/projects/:project_id/spend_limit', () => {
    told('The project has no spend limit of its own any more')
    onClose()
  })
  return (
    <Confirm
      title="Remove the spend limit?"
      words="The project may then spend without a limit of its own. The organization’s, where there is one, still holds."
      action="Remove limit"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { project_id: project.id } })}
      busy={isPending}
      error={error}
    />
  )
}
