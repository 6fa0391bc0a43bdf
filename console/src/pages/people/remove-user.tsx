import type { Item } from '../../api/operations.ts'
import { useChange } from '../../api/query.ts'
import { Confirm } from '../../patterns/confirm.tsx'
import { told } from '../../patterns/told.ts'

type RemoveUserProps = { user: Item<'GET /v1/organization/users'>; name: string; onClose: () => void }

/** The end of somebody in the organization. */
export function RemoveUser({ user, name, onClose }: RemoveUserProps) {
  const { mutate, isPending, error } = useChange('DELETE /v1/organization/users/:user_id', () => {
    told(`${name} is not in the organization any more`)
    onClose()
  })
  return (
    <Confirm
      title="Remove from the organization?"
      words={
        <>
          <b>{name}</b> leaves the organization and all of its projects, and every key of theirs stops working.
        </>
      }
      name={user.email ?? name}
      action="Remove"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { user_id: user.id } })}
      busy={isPending}
      error={error}
    />
  )
}
