import { useChange } from '../../api/query.ts'
import { Confirm } from '../../patterns/confirm.tsx'
import { told } from '../../patterns/told.ts'
import { type Holder, heldParams, heldPath } from './holder.ts'
import type { Role, Where } from './where.ts'

type RemoveRoleProps = { holder: Holder; where: Where; role: Pick<Role, 'id' | 'name'>; onClose: () => void }

/** Takes a role from somebody or from a group. */
export function RemoveRole({ holder, where, role, onClose }: RemoveRoleProps) {
  const { mutate, isPending, error } = useChange(`DELETE ${heldPath(holder.kind, where)}/:role_id`, () => {
    told(`'${holder.name}' does not have the role any more`)
    onClose()
  })
  return (
    <Confirm
      title="Remove this role?"
      words={
        <>
          <b>{holder.name}</b> {holder.kind === 'group' ? 'and whoever is in it lose' : 'loses'} what the role gives
          them, at once.
        </>
      }
      name={role.name}
      action="Remove role"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { ...heldParams(holder, where), role_id: role.id } })}
      busy={isPending}
      error={error}
    />
  )
}
