import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { call } from '../../api/call.ts'
import type { Reply } from '../../api/operations.ts'
import { Said } from '../../patterns/failure.tsx'
import type { Claim } from '../factor/enrol.tsx'
import { RecoveryCodes } from '../factor/recovery-codes.tsx'
import { isOver, type WayOut } from '../factor/way-out.ts'
import { programOf } from '../program.ts'
import { makePasskey, passkeyLibrary } from './browser.ts'

const path = 'POST /v1/organization/sign_in/second_factor/passkeys'
type NewPasskeyProps = { setup: Reply<typeof path>; claim: Claim; onDone: () => void; out: WayOut }

/** What a passkey is called, then the device makes it, and for who had no second factor come the recovery codes. */
export function NewPasskey({ setup, claim, onDone, out }: NewPasskeyProps) {
  const client = useQueryClient()
  const [name, type] = useState(() => programOf(navigator.userAgent))
  useEffect(() => void passkeyLibrary(), [])
  const { mutate, data, isPending, error } = useMutation({
    mutationFn: async () => {
      const made = await makePasskey(setup.options)
      return call(`${path}/confirm`, { body: { ...claim, name, made } })
    },
    onSuccess: async ({ recovery_codes }) => {
      if (recovery_codes.length === 0) onDone()
      await client.invalidateQueries()
    },
    onError: (refused) => isOver(refused) && out.go(refused),
  })
  if (data && data.recovery_codes.length > 0) return <RecoveryCodes codes={data.recovery_codes} onDone={onDone} />
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isPending) mutate()
  }
  return (
    <form className="stack" onSubmit={submit}>
      <p>Your device, or what keeps your passwords, asks you next.</p>
      <TextInput
        label="Name"
        description="By which you know it among others."
        value={name}
        onChange={(event) => type(event.currentTarget.value)}
        maxLength={255}
        required
        data-autofocus
        autoComplete="off"
      />
      {error && <Said error={error} />}
      <div className="row-end">
        <Button variant="default" disabled={isPending} onClick={() => out.go(null)}>
          {out.word}
        </Button>
        <Button type="submit" loading={isPending}>
          Add passkey
        </Button>
      </div>
    </form>
  )
}
