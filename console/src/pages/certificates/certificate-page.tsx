import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useChange, useRead } from '../../api/query.ts'
import { Act } from '../../patterns/act.tsx'
import { Command } from '../../patterns/command.tsx'
import { Danger } from '../../patterns/danger.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Page, Section } from '../../patterns/page.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import { useDenied } from '../../session/may.ts'
import { ALL } from '../certificates.tsx'
import { Expiry } from './expiry.tsx'
import { RenameCertificate } from './rename.tsx'
import { Switch } from './switch.tsx'

/** A certificate: whose it is, how long it lives, whether it is active, and its end. */
export function CertificatePage() {
  const { certificateId } = useParams({ from: '/inside/certificates/$certificateId' })
  const { isOpen, open, close } = useOpened<'switch' | 'rename'>()
  const denied = useDenied()
  const read = useRead('GET /v1/organization/certificates/:certificate_id', {
    params: { certificate_id: certificateId },
    query: { include: ['content'] },
  })
  // Whether it is active is said in the list alone.
  const listed = useRead('GET /v1/organization/certificates', ALL)
  const active = listed.data?.data.find(({ id }) => id === certificateId)?.active
  const name = read.data?.name ?? certificateId
  const certificate = read.data && { id: certificateId, name: read.data.name, active: active === true }
  return (
    <Page
      title={read.data ? name : 'Certificate'}
      above={<Link to="/certificates">Certificates</Link>}
      actions={
        certificate && (
          <>
            <Act variant="default" denied={denied} onClick={() => open('rename')}>
              Rename
            </Act>
            {active !== undefined && (
              <Act denied={denied} onClick={() => open('switch')}>
                {active ? 'Deactivate' : 'Activate'}
              </Act>
            )}
          </>
        )
      }
    >
      {read.error && !read.data ? (
        <Failure error={read.error} again={() => void read.refetch()} />
      ) : (
        <>
          <Facts details={read.data?.certificate_details} id={certificateId} active={active} />
          {read.data?.certificate_details.content !== undefined && (
            <Section title="PEM">
              <Command label="The certificate in PEM" text={read.data.certificate_details.content} />
            </Section>
          )}
          {read.data && <End id={certificateId} name={name} denied={denied} />}
        </>
      )}
      {isOpen('switch', denied) && certificate && active !== undefined && (
        <Switch {...{ certificate, onClose: close }} />
      )}
      {isOpen('rename', denied) && certificate && <RenameCertificate {...{ certificate, onClose: close }} />}
    </Page>
  )
}

type Details = { subject: string; issuer: string; fingerprint: string; valid_at: number; expires_at: number }
type FactsProps = { details: Details | undefined; id: string; active: boolean | undefined }

function Facts({ details, id, active }: FactsProps) {
  const bone = <span className="bone" />
  return (
    <dl className="facts">
      <dt>Subject</dt>
      <dd>{details?.subject ?? bone}</dd>
      <dt>Issuer</dt>
      <dd>{details ? (details.issuer === details.subject ? 'Itself' : details.issuer) : bone}</dd>
      <dt>SHA-256 fingerprint</dt>
      <dd className="mono">{details?.fingerprint ?? bone}</dd>
      <dt>Valid from</dt>
      <dd>{details ? <Time at={details.valid_at} as="minute" /> : bone}</dd>
      <dt>Expires</dt>
      <dd>{details ? <Expiry at={details.expires_at} /> : bone}</dd>
      <dt>Status</dt>
      <dd>
        {active === undefined ? (
          bone
        ) : active ? (
          <span className="badge good">Active in all projects</span>
        ) : (
          <>
            <span className="badge">Not active</span>{' '}
            <span className="muted">for the organization. A project may have it active by itself.</span>
          </>
        )}
      </dd>
      <dt>Certificate ID</dt>
      <dd className="mono">{id}</dd>
    </dl>
  )
}

function End({ id, name, denied }: { id: string; name: string; denied: string | null }) {
  const navigate = useNavigate()
  const change = useChange('DELETE /v1/organization/certificates/:certificate_id', async () => {
    told(`Certificate '${name}' is deleted`)
    await navigate({ to: '/certificates', replace: true })
  })
  return (
    <Section title="Danger zone">
      <Danger
        action="Delete certificate"
        title="Delete this certificate"
        words="Only one that is active nowhere can be deleted."
        loss="To have it again, somebody has to add it anew."
        name={name}
        denied={denied}
        onConfirm={() => change.mutate({ params: { certificate_id: id } })}
        change={change}
      />
    </Section>
  )
}
