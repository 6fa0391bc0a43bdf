import { Drawer, PasswordInput } from '@mantine/core'
import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { told } from '../../patterns/told.ts'
import { ANY_CODE, CodeField } from '../../session/factor/code-field.tsx'
import { Enrol } from '../../session/factor/enrol.tsx'
import { RecoveryCodes } from '../../session/factor/recovery-codes.tsx'
import type { Me } from '../../session/me.ts'

const acts = {
  'set-up': { title: 'Set up a second factor', action: 'Continue' },
  codes: { title: 'New recovery codes', action: 'Make new codes' },
  remove: { title: 'Remove the second factor', action: 'Remove' },
} as const
/** What is done about one's second factor. */
export type FactorAct = keyof typeof acts

const path = 'POST /v1/organization/sign_in/second_factor'

type FactorSheetProps = { act: FactorAct; me: Me; has: boolean; onClose: () => void }

/** Asks for the password, and for a code where there is a second factor, and does it: being signed in is not enough for that. */
export function FactorSheet({ act, me, has, onClose }: FactorSheetProps) {
  const [password, type] = useState('')
  const [code, typeCode] = useState('')
  const begin = useChange(path)
  const renew = useChange(`${path}/recovery_codes`)
  const remove = useChange(`${path}/remove`, () => {
    told('The second factor is removed, and all other sessions have ended')
    onClose()
  })
  const claim = { email: me.email, organization_id: me.organization.id, password }
  const { title, action } = acts[act]
  const change = { 'set-up': begin, codes: renew, remove }[act]
  const shown = begin.data ? (
    <Enrol setup={begin.data} claim={claim} onDone={onClose} />
  ) : renew.data ? (
    <RecoveryCodes codes={renew.data.recovery_codes} onDone={onClose} />
  ) : null
  if (shown) {
    return (
      <Drawer opened onClose={onClose} title={title} closeOnClickOutside={false}>
        {shown}
      </Drawer>
    )
  }
  return (
    <Sheet
      {...{ title, action, opened: true, onClose, busy: change.isPending, error: change.error }}
      onSubmit={() => change.mutate({ body: { ...claim, ...(has && { code }) } })}
    >
      {act === 'codes' && <p className="muted">Those that you have stop working.</p>}
      <PasswordInput
        label="Password"
        value={password}
        onChange={(event) => type(event.currentTarget.value)}
        autoComplete="current-password"
        required
        data-autofocus
      />
      {has && <CodeField value={code} onType={typeCode} description={ANY_CODE} />}
    </Sheet>
  )
}
