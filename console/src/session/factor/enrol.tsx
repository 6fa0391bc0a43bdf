import { Button } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Input, Reply } from '../../api/operations.ts'
import { useChange } from '../../api/query.ts'
import { Command } from '../../patterns/command.tsx'
import { Said } from '../../patterns/failure.tsx'
import { Qr } from '../../patterns/qr.tsx'
import { CodeField } from './code-field.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'
import { isOver, type WayOut } from './way-out.ts'

/** Whose password it is, and the password. */
export type Claim = Omit<Input<'POST /v1/organization/sign_in'>['body'], 'code' | 'passkey'>

type EnrolProps = {
  setup: Reply<'POST /v1/organization/sign_in/second_factor'>
  claim: Claim
  onDone: () => void
  out: WayOut
}

/** What an app is to read, a code that shows that it has, and then the recovery codes. */
export function Enrol({ setup, claim, onDone, out }: EnrolProps) {
  const [code, type] = useState('')
  const [codes, keep] = useState<readonly string[] | null>(null)
  const { mutate, isPending, error } = useChange(
    'POST /v1/organization/sign_in/second_factor/confirm',
    ({ recovery_codes }) => keep(recovery_codes),
  )
  if (codes !== null) return <RecoveryCodes codes={codes} onDone={onDone} />
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate({ body: { ...claim, code } }, { onError: (refused) => isOver(refused) && out.go(refused) })
  }
  return (
    <form className="stack" onSubmit={submit}>
      <p>Scan this with an authenticator app on your phone, or type the key into it.</p>
      <Qr text={setup.uri} label="The key, for an authenticator app to scan" />
      <Command label="The key" text={setup.secret} />
      <CodeField value={code} onType={type} description="Six digits that the app shows now." />
      {error && <Said error={error} />}
      <div className="row-end">
        <Button variant="default" disabled={isPending} onClick={() => out.go(null)}>
          {out.word}
        </Button>
        <Button type="submit" loading={isPending}>
          Confirm
        </Button>
      </div>
    </form>
  )
}
