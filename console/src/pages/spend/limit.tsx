import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { Confirm } from '../../patterns/confirm.tsx'
import { cents, money, typedDollars } from '../../patterns/figures.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { told } from '../../patterns/told.ts'
import { useMe } from '../../session/me.ts'
import { useRemoveLimit, useSetLimit, type Whose } from './whose.ts'

type LimitProps = { whose: Whose; onClose: () => void }

/** What kind of thing has the limit. */
const kindOf = (whose: Whose) => (whose === 'organization' ? 'organization' : 'project')

/** @param limit in cents; null: there is none yet */
export function SetLimit({ whose, limit, onClose }: LimitProps & { limit: number | null }) {
  const [typed, type] = useState(limit === null ? '' : typedDollars(limit))
  const [isWrong, tell] = useState(false)
  const { set, isPending, error } = useSetLimit(whose, ({ threshold_amount }) => {
    told(`The ${kindOf(whose)} spends at most ${money(threshold_amount)} a month`)
    onClose()
  })
  const submit = () => {
    const threshold_amount = cents(typed)
    tell(!threshold_amount)
    if (threshold_amount) set(threshold_amount)
  }
  return (
    <Sheet
      {...{ title: 'Spend limit', opened: true, onClose, action: 'Save', busy: isPending, error }}
      onSubmit={submit}
    >
      <TextInput
        label="At most a month, in dollars"
        description={
          whose === 'organization'
            ? 'Calls of all projects are refused once it is spent, until the first of the next month, UTC.'
            : 'Calls are refused once it is spent, until the first of the next month, UTC.'
        }
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

export function RemoveLimit({ whose, onClose }: LimitProps) {
  const me = useMe().data
  const { remove, isPending, error } = useRemoveLimit(whose, () => {
    told(`The ${kindOf(whose)} has no spend limit of its own any more`)
    onClose()
  })
  if (!me) return null
  return (
    <Confirm
      title="Remove the spend limit?"
      words={
        whose === 'organization'
          ? 'The organization may then spend without a limit of its own. Those of projects, where there are any, still hold.'
          : 'The project may then spend without a limit of its own. The organization’s, where there is one, still holds.'
      }
      name={whose === 'organization' ? me.organization.name : whose.name}
      action="Remove limit"
      opened
      onClose={onClose}
      onConfirm={remove}
      busy={isPending}
      error={error}
    />
  )
}
