import { Drawer, PasswordInput } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import type { Item } from '../../api/operations.ts'
import { useChange } from '../../api/query.ts'
import { seen } from '../../patterns/names.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { told } from '../../patterns/told.ts'
import { Enrol } from '../../session/factor/enrol.tsx'
import { RecoveryCodes } from '../../session/factor/recovery-codes.tsx'
import { ShowFactor } from '../../session/factor/show-factor.tsx'
import type { WayOut } from '../../session/factor/way-out.ts'
import type { Me } from '../../session/me.ts'
import type { Shown } from '../../session/passkey/browser.ts'
import { NewPasskey } from '../../session/passkey/new-passkey.tsx'

const acts = {
  'set-up': { title: 'Set up an authenticator app', action: 'Continue' },
  codes: { title: 'New recovery codes', action: 'Make new codes' },
  remove: { title: 'Remove the authenticator app', action: 'Remove' },
  'add-passkey': { title: 'Add a passkey', action: 'Continue' },
  'remove-passkey': { title: 'Remove a passkey', action: 'Remove' },
} as const
export type Passkey = Item<'GET /v1/organization/passkeys'>
/** What one has: any second factor, and a passkey that can be shown here. */
export type Has = { any: boolean; passkey: boolean }

const path = 'POST /v1/organization/sign_in/second_factor'

type FactorSheetProps = { act: keyof typeof acts; passkey?: Passkey; me: Me; has: Has; onClose: () => void }

/** Asks for the password, and for a second factor where there is one, and does it: being signed in is not enough for that. */
export function FactorSheet({ act, passkey, me, has, onClose }: FactorSheetProps) {
  const [password, type] = useState('')
  const [code, typeCode] = useState('')
  const [over, noteOver] = useState<Error | null>(null)
  const removed = (what: string) => () => {
    told(`${what} is removed, and all other sessions have ended`)
    onClose()
  }
  const begin = useChange(path)
  const renew = useChange(`${path}/recovery_codes`)
  const remove = useChange(`${path}/remove`, removed('The authenticator app'))
  const beginPasskey = useChange(`${path}/passkeys`)
  const removePasskey = useChange(`${path}/passkeys/remove`, removed('The passkey'))
  const claim = { email: me.email, organization_id: me.organization.id, password }
  const { title, action } = acts[act]
  const changes = {
    'set-up': begin,
    codes: renew,
    remove,
    'add-passkey': beginPasskey,
    'remove-passkey': removePasskey,
  }
  const { isPending, error } = changes[act]
  // What is over is begun anew by the password that was typed; a code counts once.
  const out: WayOut = {
    word: 'Cancel',
    go(why) {
      if (why === null) return onClose()
      begin.reset()
      beginPasskey.reset()
      typeCode('')
      noteOver(why)
    },
  }
  const shown = begin.data ? (
    <Enrol setup={begin.data} onDone={onClose} {...{ claim, out }} />
  ) : beginPasskey.data ? (
    <NewPasskey setup={beginPasskey.data} onDone={onClose} {...{ claim, out }} />
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
  const send = (with_: { code?: string; passkey?: Shown }) => {
    const body = { ...claim, ...with_ }
    if (act !== 'remove-passkey') changes[act].mutate({ body })
    else if (passkey) removePasskey.mutate({ body: { ...body, passkey_id: passkey.id } })
  }
  return (
    <Sheet
      {...{ title, action, opened: true, onClose, busy: isPending, error: error ?? over }}
      onSubmit={() => send(has.any ? { code } : {})}
    >
      {act === 'codes' && <p className="muted">The recovery codes that you have now stop working.</p>}
      {passkey && (
        <p className="muted">
          You can no longer sign in with <bdi>{seen(passkey.name)}</bdi>.
        </p>
      )}
      <PasswordInput
        label="Password"
        value={password}
        onChange={(event) => type(event.currentTarget.value)}
        autoComplete="current-password"
        required
        data-autofocus
      />
      {has.any && (
        <ShowFactor
          {...{ hasPasskey: has.passkey, code, onType: typeCode, disabled: password === '' }}
          ask={() => call('POST /v1/organization/sign_in/passkey', { body: claim })}
          onPasskey={(shown) => send({ passkey: shown })}
        />
      )}
    </Sheet>
  )
}
