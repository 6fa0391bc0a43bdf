import { Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { cents, money, typedDollars } from '../../patterns/figures.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { told } from '../../patterns/told.ts'
import { useMe } from '../../session/me.ts'
import { type Alert, useSaveAlert } from './alerts.ts'
import type { Whose } from './whose.ts'

type EditAlertProps = { whose: Whose; alert: Alert | null; onClose: () => void }

/** A new alert, or a change of one. */
export function EditAlert({ whose, alert, onClose }: EditAlertProps) {
  const me = useMe().data
  const channel = alert?.notification_channel
  const [amount, typeAmount] = useState(alert ? typedDollars(alert.threshold_amount) : '')
  const [to, typeTo] = useState((channel?.recipients ?? (me ? [me.email] : [])).join('\n'))
  const [subject, typeSubject] = useState(channel?.subject_prefix ?? '')
  const [isWrong, tell] = useState(false)
  const { save, isPending, error } = useSaveAlert(whose, alert?.id ?? null, ({ threshold_amount }) => {
    told(`Mail is sent when ${money(threshold_amount)} are spent in a month`)
    onClose()
  })
  const submit = () => {
    const threshold_amount = cents(amount)
    tell(threshold_amount === null)
    if (threshold_amount === null) return
    const recipients = to.split(/[\s,;]+/).filter((address) => address !== '')
    save({
      ...{ threshold_amount, currency: 'USD', interval: 'month' },
      notification_channel: { type: 'email', recipients, subject_prefix: subject.trim() || null },
    })
  }
  return (
    <Sheet
      title={alert ? 'Alert' : 'New alert'}
      action={alert ? 'Save' : 'Create alert'}
      {...{ opened: true, onClose, onSubmit: submit, busy: isPending, error }}
    >
      <TextInput
        label="When this is spent in a month, in dollars"
        leftSection="$"
        inputMode="decimal"
        value={amount}
        onChange={(event) => typeAmount(event.currentTarget.value)}
        error={isWrong && 'An amount, such as 250 or 12.50.'}
        required
        data-autofocus
        autoComplete="off"
      />
      <Textarea
        label="Mail to"
        description="Addresses of people of the organization, one a line."
        rows={3}
        value={to}
        onChange={(event) => typeTo(event.currentTarget.value)}
        required
      />
      <TextInput
        label="Subject"
        description="What the mail's subject says behind 'Gatehouse spend alert:'. It may be empty."
        value={subject}
        onChange={(event) => typeSubject(event.currentTarget.value)}
        maxLength={255}
        autoComplete="off"
      />
    </Sheet>
  )
}
