import { Link } from '@tanstack/react-router'
import type { Item } from '../../api/operations.ts'
import { useRead } from '../../api/query.ts'
import { Empty } from '../../patterns/empty.tsx'
import { useMay } from '../../session/may.ts'
import { CertificateList } from '../certificates/certificate-list.tsx'
import type { Project } from './known.ts'
import { ProjectPage } from './project.tsx'

type Certificate = Item<'GET /v1/organization/projects/:project_id/certificates'>

/** Which authorities' clients may call this project. */
export const ProjectCertificates = () => {
  const sees = useMay('api.management.read')
  return (
    <ProjectPage
      title="Certificates"
      lead="Where one is active here, or for the organization, a call needs a client certificate that it has signed, beside the key."
    >
      {(project) =>
        project.status === 'archived' ? null : sees ? (
          <CertificateTable project={project} />
        ) : (
          <Empty
            title="Who is let in"
            words="The certificates of a project are shown to the owners of the organization."
          />
        )
      }
    </ProjectPage>
  )
}

function CertificateTable({ project }: { project: Project }) {
  const certificates = useRead('GET /v1/organization/projects/:project_id/certificates', {
    params: { project_id: project.id },
    query: { limit: 100 },
  })
  return (
    <CertificateList
      read={certificates}
      status={(one) => <Status of={one} />}
      project={project}
      empty={
        <Empty
          title="No certificates yet"
          words="The organization has none. An owner of it adds them; then they can be active here."
          action={<Link to="/certificates">Certificates of the organization</Link>}
        />
      }
    />
  )
}

/** What the organization activated binds the project whatever it says itself. */
function Status({ of: { active, inherited } }: { of: Certificate }) {
  if (inherited) {
    return (
      <span className="badge good">{active ? 'Active, and for the organization' : 'Active for the organization'}</span>
    )
  }
  return active ? <span className="badge good">Active here</span> : <span className="badge">Not active</span>
}
