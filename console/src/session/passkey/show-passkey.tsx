import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Reply } from '../../api/operations.ts'
import { Said } from '../../patterns/failure.tsx'
import { passkeyLibrary, type Shown, showPasskey } from './browser.ts'

type ShowPasskeyProps = {
  /** Asks the server what is to be signed. */
  ask: () => Promise<Reply<'POST /v1/organization/sign_in/passkey'>>
  onShown: (passkey: Shown) => void
  /** Whether the password is not typed yet that goes with it. */
  disabled: boolean
}

/** Shows a passkey, in the place of a code. */
export function ShowPasskey({ ask, onShown, disabled }: ShowPasskeyProps) {
  // There when it is pressed: some browsers show none of their own windows long after that.
  useEffect(() => void passkeyLibrary(), [])
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => showPasskey((await ask()).options),
    onSuccess: onShown,
  })
  return (
    <>
      {error && <Said error={error} />}
      <Button variant="default" size="sm" {...{ disabled, loading: isPending }} onClick={() => mutate()} fullWidth>
        Use a passkey
      </Button>
    </>
  )
}
