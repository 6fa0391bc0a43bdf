import { Button, FileButton, Textarea, TextInput } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type DragEvent, useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { told } from '../../patterns/told.ts'

/** Takes the certificate of an authority: pasted, dropped or chosen. It is not active before somebody has seen whose it is. */
export function Upload({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [name, type] = useState('')
  const [pem, paste] = useState('')
  const { mutate, isPending, error } = useChange('POST /v1/organization/certificates', ({ id, name }) => {
    told(`Certificate '${name ?? id}' is there, and not active yet`)
    void navigate({ to: '/certificates/$certificateId', params: { certificateId: id }, replace: true })
  })
  const take = async (file: File | null | undefined) => {
    if (!file) return
    paste(await file.text())
    if (name === '') type(file.name.replace(/\.\w+$/, ''))
  }
  const drop = (event: DragEvent) => {
    if (event.dataTransfer.files.length === 0) return
    event.preventDefault()
    void take(event.dataTransfer.files[0])
  }
  return (
    <Sheet
      {...{ title: 'Add certificate', opened: true, onClose, action: 'Add certificate', busy: isPending, error }}
      onSubmit={() => mutate({ body: { certificate: pem, ...(name.trim() !== '' && { name }) } })}
    >
      <Textarea
        label="Certificate"
        description="Of an authority that signs your clients' certificates itself, in PEM. Paste it or drop its file here."
        placeholder={'-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----'}
        value={pem}
        onChange={(event) => paste(event.currentTarget.value)}
        onDragOver={(event) => event.preventDefault()}
        onDrop={drop}
        rows={10}
        classNames={{ input: 'mono' }}
        spellCheck={false}
        required
        data-autofocus
      />
      <div>
        <FileButton onChange={(file) => void take(file)} accept=".pem,.crt,.cer,.txt">
          {(props) => (
            <Button variant="default" {...props}>
              Choose a file…
            </Button>
          )}
        </FileButton>
      </div>
      <TextInput
        label="Name"
        description="What the authority is for."
        value={name}
        onChange={(event) => type(event.currentTarget.value)}
        maxLength={255}
        autoComplete="off"
      />
    </Sheet>
  )
}
