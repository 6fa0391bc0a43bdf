import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Item } from '../api/operations.ts'
import { useRead } from '../api/query.ts'
import { Act, RowAct } from '../patterns/act.tsx'
import { Empty } from '../patterns/empty.tsx'
import { Icon } from '../patterns/icons.tsx'
import { List } from '../patterns/list.tsx'
import { seen } from '../patterns/names.ts'
import { Page } from '../patterns/page.tsx'
import type { Column } from '../patterns/table.tsx'
import { Time } from '../patterns/time.tsx'
import { useDenied, useMay } from '../session/may.ts'
import { Expiry } from './certificates/expiry.tsx'
import { Switch } from './certificates/switch.tsx'
import { Upload } from './certificates/upload.tsx'

export type Listed = Item<'GET /v1/organization/certificates'>

/** An organization has fifty of them at most: one page of the list holds them all. */
export const ALL = { query: { limit: 100 } }

/** The authorities whose clients are let in. */
export function Certificates() {
  const [isUploading, upload] = useState(false)
  const [switched, turn] = useState<Listed | null>(null)
  const denied = useDenied()
  const reads = useMay('api.management.read')
  const certificates = useRead('GET /v1/organization/certificates', ALL, reads)
  const button = (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => upload(true)}>
      Add certificate
    </Act>
  )
  const columns: Column<Listed>[] = [
    {
      title: 'Name',
      cell: ({ id, name }) => (
        <Link className="cut" to="/certificates/$certificateId" params={{ certificateId: id }} title={name ?? id}>
          {seen(name ?? id)}
        </Link>
      ),
    },
    { title: 'Expires', cell: ({ certificate_details: { expires_at } }) => <Expiry at={expires_at} /> },
    {
      title: 'Status',
      as: 'wide',
      cell: ({ active }) =>
        active ? <span className="badge good">Active in all projects</span> : <span className="badge">Not active</span>,
    },
    { title: 'Added', as: 'wide', cell: ({ created_at }) => <Time at={created_at} /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (one) => (
        <RowAct
          denied={denied}
          word={one.active ? 'Deactivate' : 'Activate'}
          of={one.name ?? one.id}
          onClick={() => turn(one)}
        />
      ),
    },
  ]
  return (
    <Page
      title="Certificates"
      lead="Authorities that sign client certificates. Where one is active, a call needs a certificate of its client beside the key."
      actions={button}
    >
      {reads ? (
        <List
          label="Certificates"
          read={certificates}
          columns={columns}
          keyOf={({ id }) => id}
          empty={
            <Empty
              title="No certificates yet"
              words="With the certificate of your own authority a stolen key is of no use: who calls also shows a certificate that the authority has signed."
              action={button}
              command={`curl ${location.origin}/v1/organization/certificates \\
  -H "Authorization: Bearer $OPENAI_ADMIN_KEY" -H "Content-Type: application/json" \\
  -d "{\\"name\\": \\"Clients\\", \\"certificate\\": \\"$(awk '{printf "%s\\\\n", $0}' ca.pem)\\"}"`}
            />
          }
        />
      ) : (
        <Empty title="Who is let in" words="The certificates are shown to the owners of the organization." />
      )}
      {isUploading && <Upload onClose={() => upload(false)} />}
      {switched && <Switch certificate={switched} onClose={() => turn(null)} />}
    </Page>
  )
}
