import { Activation, CertificateIds, CertificateIn } from './certificates.ts'
import { type Static, Type } from './json-schema.ts'
import { get, post } from './route.ts'
import { List, OurOwn, ordering, paging, Query } from './schema.ts'

export const ProjectCertificate = CertificateIn(
  'organization.project.certificate',
  'Whether the project itself activated it. What the organization activated binds it all the same.',
)
export type ProjectCertificate = Static<typeof ProjectCertificate>

const ListedCertificate = Type.Object({
  ...ProjectCertificate.properties,
  inherited: OurOwn(
    Type.Boolean({ description: 'Whether the organization activated it, which binds every project.' }),
    'without it nobody could see in a project all that binds it',
  ),
})

const path = '/v1/organization/projects/:project_id/certificates'

export const projectCertificates = {
  list: get(path, {
    summary: "List the organization's certificates, and whether they are active in a project",
    permission: 'api.management.read',
    level: 'organization',
    query: Query({ ...paging(), ...ordering('desc') }),
    reply: List(ListedCertificate),
  }),
  activate: post(`${path}/activate`, {
    summary: 'Activate certificates in a project',
    permission: 'api.management.write',
    level: 'organization',
    audit: 'certificates.activated',
    grants: { nothing: 'a certificate lets nobody in: a key is asked for beside it' },
    body: CertificateIds,
    reply: Activation('organization.project.certificate.activation', ProjectCertificate),
  }),
  deactivate: post(`${path}/deactivate`, {
    summary: 'Deactivate certificates in a project; those that the organization activated stay active',
    permission: 'api.management.write',
    level: 'organization',
    audit: 'certificates.deactivated',
    grants: { nothing: 'a certificate lets nobody in: a key is asked for beside it' },
    body: CertificateIds,
    reply: Activation('organization.project.certificate.deactivation', ProjectCertificate),
  }),
}
