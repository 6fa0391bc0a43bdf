import { useRead } from '../api/query.ts'
import { Act } from '../patterns/act.tsx'
import { Empty } from '../patterns/empty.tsx'
import { Icon } from '../patterns/icons.tsx'
import { useOpened } from '../patterns/opened.ts'
import { Page } from '../patterns/page.tsx'
import { Time } from '../patterns/time.tsx'
import { useDenied, useMay } from '../session/may.ts'
import { CertificateList } from './certificates/certificate-list.tsx'
import { Upload } from './certificates/upload.tsx'

/** An organization has fifty of them at most: one page of the list holds them all. */
export const ALL = { query: { limit: 100 } }

/** The authorities whose clients are let in. */
export function Certificates() {
  const { isOpen, open, close } = useOpened<'new'>()
  const denied = useDenied()
  const reads = useMay('api.management.read')
  const certificates = useRead('GET /v1/organization/certificates', ALL, reads)
  const button = (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => open('new')}>
      Add certificate
    </Act>
  )
  return (
    <Page
      title="Certificates"
      lead="Authorities that sign client certificates. Where one is active, a call needs a certificate of its client beside the key."
      actions={button}
    >
      {reads ? (
        <CertificateList
          read={certificates}
          status={({ active }) =>
            active ? (
              <span className="badge good">Active in all projects</span>
            ) : (
              <span className="badge">Not active</span>
            )
          }
          more={[{ title: 'Added', as: 'wide', cell: ({ created_at }) => <Time at={created_at} /> }]}
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
      {isOpen('new', denied) && <Upload onClose={close} />}
    </Page>
  )
}
