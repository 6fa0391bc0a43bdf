import { useChange } from '../../api/query.ts'
import { NameSheet } from '../../patterns/name-sheet.tsx'
import { told } from '../../patterns/told.ts'

export function RenameGroup({ id, name, onClose }: { id: string; name: string; onClose: () => void }) {
  const { mutate, isPending, error } = useChange('POST /v1/organization/groups/:group_id', ({ name }) => {
    told(`The group is '${name}' now`)
    onClose()
  })
  return (
    <NameSheet
      {...{ title: 'Rename group', action: 'Rename', name, onClose, busy: isPending, error }}
      onSubmit={(name) => mutate({ params: { group_id: id }, body: { name } })}
    />
  )
}
