import type { Item } from '../../api/operations.ts'
import { useChange } from '../../api/query.ts'
import { Confirm } from '../../patterns/confirm.tsx'
import { told } from '../../patterns/told.ts'

type ResetFactorProps = { user: Item<'GET /v1/organization/users'>; name: string; onClose: () => void }

/** For who has lost the phone, and the recovery codes with it. */
export function ResetFactor({ user, name, onClose }: ResetFactorProps) {
  const { mutate, isPending, error } = useChange('DELETE /v1/organization/users/:user_id/second_factor', () => {
    told(`${name} has no second factor any more`)
    onClose()
  })
  return (
    <Confirm
      title="Reset the second factor?"
      words={
        <>
          <b>{name}</b> is signed out everywhere, and signs in with the password alone until another one is set up. Make
          sure that it is them who ask for it.
        </>
      }
      name={user.email ?? name}
      action="Reset second factor"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { user_id: user.id } })}
      busy={isPending}
      error={error}
    />
  )
}
