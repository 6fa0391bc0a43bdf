import { useChange } from '../../api/query.ts'
import { NameSheet } from '../../patterns/name-sheet.tsx'
import { told } from '../../patterns/told.ts'

type RenameProps = { certificate: { id: string; name: string | null }; onClose: () => void }

export function RenameCertificate({ certificate: { id, name }, onClose }: RenameProps) {
  const { mutate, isPending, error } = useChange('POST /v1/organization/certificates/:certificate_id', (renamed) => {
    told(`The certificate is '${renamed.name ?? id}' now`)
    onClose()
  })
  return (
    <NameSheet
      {...{ title: 'Rename certificate', action: 'Rename', name: name ?? '', onClose, busy: isPending, error }}
      onSubmit={(name) => mutate({ params: { certificate_id: id }, body: { name } })}
    />
  )
}
