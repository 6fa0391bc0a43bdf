import { question } from '../gate.ts'
import { chat, row, told, type World } from './row.ts'

/** What the organization has uploaded, which binds nobody yet. */
async function uploaded({ admin, authority }: World) {
  const { id } = await admin.certificates.create({ certificate: authority, name: 'authority' })
  return { certificate_ids: [id] }
}

/** A key of another project of the organization. */
async function elsewhere({ admin }: World) {
  const { id } = await admin.projects.create({ name: 'elsewhere' })
  const { api_key } = await admin.projects.serviceAccounts.create(id, { name: 'bot' })
  return { otherKey: api_key?.value ?? '' }
}

const chats = {
  tls: true,
  alone: true,
  request: 'a chat without a client certificate, one with it, and one without in another project',
  given: async (w: World) => ({ ...(await uploaded(w)), ...(await elsewhere(w)) }),
  see: async (w: World & { otherKey: string }) => [
    await chat(w),
    await told(w.certified(w.key).chat.completions.create(question)),
    await chat({ ...w, key: w.otherKey }),
  ],
}
const REQUIRED = '401 client_certificate_required'

/** Which client certificates are asked for, where the listener speaks TLS. */
export const certificateSettings = [
  row({
    setting: 'a certificate is active for a project',
    shows: ['authorities'],
    by: ['projectCertificates.activate', 'projectCertificates.deactivate'],
    ...chats,
    without: ['200', '200', '200'],
    set: ({ admin, projectId, certificate_ids }) =>
      admin.projects.certificates.activate(projectId, { certificate_ids }),
    with: [REQUIRED, '200', '200'],
    unset: ({ admin, projectId, certificate_ids }) =>
      admin.projects.certificates.deactivate(projectId, { certificate_ids }),
  }),
  row({
    setting: 'a certificate is active for the organization',
    by: ['certificates.activate', 'certificates.deactivate'],
    ...chats,
    without: ['200', '200', '200'],
    set: ({ admin, certificate_ids }) => admin.certificates.activate({ certificate_ids }),
    with: [REQUIRED, '200', REQUIRED],
    unset: ({ admin, certificate_ids }) => admin.certificates.deactivate({ certificate_ids }),
  }),
]
