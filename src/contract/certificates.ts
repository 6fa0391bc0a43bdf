import { type Static, type TSchema, Type } from './json-schema.ts'
import { del, get, post } from './route.ts'
import { Body, Const, Enum, Id, List, Name, Nullable, OurOwn, ordering, paging, Query, Time } from './schema.ts'

const validity = { valid_at: Time, expires_at: Time }
const facts = {
  id: Id('The certificate, as other operations name it.'),
  name: Nullable(Type.String()),
  created_at: Time,
}

const NAMES = 'whoever activates a certificate sees here whose it is, without reading the PEM'

/** A certificate by itself: where it is active is not said. */
export const Certificate = Type.Object({
  object: Const('certificate'),
  ...facts,
  certificate_details: Type.Object({
    ...validity,
    subject: OurOwn(Type.String({ description: 'Whose it is: `CN=Clients, O=Example`.' }), NAMES),
    issuer: OurOwn(Type.String({ description: 'Who signed it: itself, or another authority.' }), NAMES),
    fingerprint: OurOwn(Type.String({ description: 'SHA-256 of the certificate: `AB:CD:…`, in hexadecimal.' }), NAMES),
    content: Type.Optional(Type.String({ description: 'PEM; only where `include` asks for it.' })),
  }),
})
export type Certificate = Static<typeof Certificate>

/** A certificate as the organization or a project sees it. */
export const CertificateIn = <const T extends string>(object: T, description: string) =>
  Type.Object({
    object: Const(object),
    ...facts,
    active: Type.Boolean({ description }),
    certificate_details: Type.Object(validity),
  })

export const OrganizationCertificate = CertificateIn('organization.certificate', 'Whether it binds every project.')
export type OrganizationCertificate = Static<typeof OrganizationCertificate>

/** What (de)activations answer: the certificates that the call named, in its order. */
export const Activation = <const T extends string, C extends TSchema>(object: T, certificate: C) =>
  Type.Object({ object: Const(object), data: Type.Array(certificate) })

/** One to ten, all or none of them. */
export const CertificateIds = Body({
  certificate_ids: Type.Array(Id('A certificate of the organization.'), { minItems: 1, maxItems: 10 }),
})

const path = '/v1/organization/certificates'
const one = `${path}/:certificate_id` as const

export const certificates = {
  list: get(path, {
    summary: "List the organization's certificates",
    permission: 'api.management.read',
    query: Query({ ...paging(), ...ordering('desc') }),
    reply: List(OrganizationCertificate),
  }),
  create: post(path, {
    summary: 'Upload the certificate of an authority that signs client certificates; this does not activate it',
    permission: 'api.management.write',
    audit: 'certificate.created',
    grants: { nothing: 'a certificate lets nobody in: a key is asked for beside it' },
    body: Body({
      certificate: Type.String({ description: 'One X.509 CA certificate in PEM, less than 16 kB.' }),
      name: Type.Optional(Name('The name. Names are not unique.')),
    }),
    reply: Certificate,
  }),
  activate: post(`${path}/activate`, {
    summary: 'Activate certificates for the organization, and with that for all of its projects',
    permission: 'api.management.write',
    audit: 'certificates.activated',
    grants: { nothing: 'a certificate lets nobody in: a key is asked for beside it' },
    bindsCallers: true,
    body: CertificateIds,
    reply: Activation('organization.certificate.activation', OrganizationCertificate),
  }),
  deactivate: post(`${path}/deactivate`, {
    summary: 'Deactivate certificates for the organization; where a project activated one itself it stays active',
    permission: 'api.management.write',
    audit: 'certificates.deactivated',
    grants: { nothing: 'a certificate lets nobody in: a key is asked for beside it' },
    bindsCallers: true,
    body: CertificateIds,
    reply: Activation('organization.certificate.deactivation', OrganizationCertificate),
  }),
  retrieve: get(one, {
    summary: 'Retrieve a certificate',
    permission: 'api.management.read',
    query: Query({
      include: Type.Optional(Type.Array(Enum(['content'], { description: 'What else to show: the PEM content.' }))),
    }),
    reply: Certificate,
  }),
  update: post(one, {
    summary: 'Rename a certificate',
    permission: 'api.management.write',
    audit: 'certificate.updated',
    grants: { nothing: 'a name gives nobody anything' },
    body: Body({ name: Type.Optional(Name('The new name.')) }),
    reply: Certificate,
  }),
  delete: del(one, {
    summary: 'Delete a certificate that is active nowhere',
    permission: 'api.management.write',
    audit: 'certificate.deleted',
    grants: { nothing: 'only what is active nowhere can be deleted' },
    reply: Type.Object({ object: Const('certificate.deleted'), id: Type.String() }),
  }),
}
