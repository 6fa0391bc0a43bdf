import type { Certificate, OrganizationCertificate, certificates as routes } from '../contract/certificates.ts'
import { ApiError, notFound } from '../contract/error.ts'
import type { AuditType } from '../core/audit.ts'
import { readCaCertificate } from '../core/certificate.ts'
import { namesOf } from '../core/certificate-names.ts'
import { isId } from '../core/id.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Change, Handlers } from './handlers.ts'
import { existing } from './owned.ts'
import { behind, page } from './page.ts'

/** How many certificates an organization can have (the original's number, from its published description). */
const MOST = 50

export const certificates: Handlers<typeof routes> = {
  async list({ db, caller, query }) {
    const all = db.selectFrom('certificate').select(listedColumns).where('organization_id', '=', caller.organizationId)
    return page(await behind(all, query, 'certificate').execute(), query.limit, organizationView)
  },

  async create({ db, caller, body, now, newId }) {
    const certificate = readCaCertificate(body.certificate, now)
    if (typeof certificate === 'string') {
      throw new ApiError('invalid_certificate', `Invalid 'certificate': ${certificate}.`, { param: 'certificate' })
    }
    await oneAtATime(db, caller.organizationId)
    await refuseTooMany(db, caller.organizationId)
    const row = {
      id: newId('certificate'),
      name: body.name ?? null,
      ...certificate,
      created_at: now,
      activated_at: null,
    }
    await db
      .insertInto('certificate')
      .values({ ...row, organization_id: caller.organizationId })
      .execute()
    return { reply: view(row), audit: named(row) }
  },

  async activate({ db, caller, body, now }) {
    const rows = await wantedCertificates(db, caller.organizationId, body.certificate_ids)
    const active = rows.map((row) => ({ ...row, activated_at: row.activated_at ?? now }))
    await setActive(db, caller.organizationId, rows, now)
    const data = active.map(organizationView)
    return { reply: { object: 'organization.certificate.activation', data }, ...record('certificates.activated', rows) }
  },

  async deactivate({ db, caller, body }) {
    const rows = await wantedCertificates(db, caller.organizationId, body.certificate_ids)
    await setActive(db, caller.organizationId, rows, null)
    const data = rows.map((row) => organizationView({ ...row, activated_at: null }))
    const reply = { object: 'organization.certificate.deactivation' as const, data }
    return { reply, ...record('certificates.deactivated', rows) }
  },

  async retrieve({ db, caller, params, query }) {
    const row = await find(db, caller.organizationId, params.certificate_id)
    return view(row, query.include?.includes('content'))
  },

  async update({ db, caller, params, body }) {
    const row = await db
      .updateTable('certificate')
      .set((eb) => ({ name: body.name ?? eb.ref('name') }))
      .where('organization_id', '=', caller.organizationId)
      .where('id', '=', params.certificate_id)
      .returning([...listedColumns, 'content'])
      .executeTakeFirst()
    if (!row) throw notFound('certificate', params.certificate_id, 'certificate_id')
    return { reply: view(row), audit: named(row) }
  },

  async delete({ db, caller, params }) {
    await oneAtATime(db, caller.organizationId)
    const row = await find(db, caller.organizationId, params.certificate_id)
    await refuseActive(db, row)
    // What is left are activations in archived projects, which nobody could end.
    await db
      .deleteFrom('project_certificate')
      .where('organization_id', '=', row.organization_id)
      .where('certificate_id', '=', row.id)
      .execute()
    await db
      .deleteFrom('certificate')
      .where('organization_id', '=', row.organization_id)
      .where('id', '=', row.id)
      .execute()
    const reply = { object: 'certificate.deleted' as const, id: row.id }
    return { reply, audit: { ...named(row), certificate: row.content } }
  },
}

/** What lists show; the content, up to 16 kB each, is not among it. */
const listedColumns = ['id', 'name', 'valid_at', 'expires_at', 'created_at', 'activated_at'] as const
export type ListedCertificate = Pick<Row<'certificate'>, (typeof listedColumns)[number]>

/**
 * Changes of an organization's certificates wait for each other, so that a 51st cannot slip in beside the 50th and none is
 * deleted while it is being activated. Writing the organization's row holds it to the end of the transaction.
 */
async function oneAtATime(db: Db, organizationId: string): Promise<void> {
  await db
    .updateTable('organization')
    .set((eb) => ({ name: eb.ref('name') }))
    .where('id', '=', organizationId)
    .execute()
}

/**
 * The certificates that a call names, in its order and each once, and no other change of certificates until its end.
 * @throws ApiError not_found for one that the organization has not
 */
export async function wantedCertificates(
  db: Db,
  organizationId: string,
  ids: readonly string[],
): Promise<ListedCertificate[]> {
  const missing = (id: string) => notFound('certificate', id, `certificate_ids[${ids.indexOf(id)}]`)
  // A database may refuse to look for text that is no id.
  const strange = ids.find((id) => !isId('certificate', id))
  if (strange !== undefined) throw missing(strange)
  await oneAtATime(db, organizationId)
  const unique = [...new Set(ids)]
  const rows = await db
    .selectFrom('certificate')
    .select(listedColumns)
    .where('organization_id', '=', organizationId)
    .where('id', 'in', unique)
    .execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return unique.map((id) => {
    const row = byId.get(id)
    if (!row) throw missing(id)
    return row
  })
}

/**
 * What the audit log says of a call that (de)activated certificates: an event for each of them, so that each is found by its
 * own id.
 */
export function record(type: AuditType, rows: readonly ListedCertificate[]): Pick<Change<unknown>, 'audit' | 'also'> {
  const [audit = { id: '' }, ...rest] = rows.map((row) => ({ id: row.id, certificates: [named(row)] }))
  return { audit, also: rest.map((payload) => ({ type, payload })) }
}

async function setActive(db: Db, organizationId: string, rows: readonly ListedCertificate[], at: number | null) {
  const ids = rows.map(({ id }) => id)
  let update = db
    .updateTable('certificate')
    .set({ activated_at: at })
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids)
  if (at !== null) update = update.where('activated_at', 'is', null)
  await update.execute()
}

async function find(db: Db, organizationId: string, id: string): Promise<Row<'certificate'>> {
  const row = await db
    .selectFrom('certificate')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return existing(row, 'certificate_id', id)
}

async function refuseTooMany(db: Db, organizationId: string) {
  const rows = await db.selectFrom('certificate').select('id').where('organization_id', '=', organizationId).execute()
  if (rows.length < MOST) return
  const message = `The organization has ${MOST} certificates, which is the most it can have. Delete one that is not active.`
  throw new ApiError('too_many_certificates', message)
}

async function refuseActive(db: Db, { id, organization_id, activated_at }: Row<'certificate'>) {
  const project = await db
    .selectFrom('project_certificate as a')
    // What has it active first, in SQLite too: an organization may have any number of projects.
    .crossJoin('project as p')
    .select('p.id')
    .where('a.organization_id', '=', organization_id)
    .where('a.certificate_id', '=', id)
    .whereRef('p.organization_id', '=', 'a.organization_id')
    .whereRef('p.id', '=', 'a.project_id')
    .where('p.archived_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  if (activated_at === null && !project) return
  const where = activated_at === null ? `in project '${project?.id}'` : 'for the organization'
  const message = `Certificate '${id}' is active ${where}. Deactivate it everywhere before it is deleted.`
  throw new ApiError('certificate_active', message, { param: 'certificate_id' })
}

/** The published payload: a certificate without a name has none there either. */
const named = ({ id, name }: { id: string; name: string | null }) => ({ id, ...(name !== null && { name }) })

function view(row: ListedCertificate & { content: string }, withContent = false): Certificate {
  const { content } = row
  return {
    object: 'certificate',
    ...factsOf(row),
    certificate_details: { ...validityOf(row), ...namesOf(content), ...(withContent && { content }) },
  }
}

function organizationView(row: ListedCertificate): OrganizationCertificate {
  return {
    object: 'organization.certificate',
    ...factsOf(row),
    active: row.activated_at !== null,
    certificate_details: validityOf(row),
  }
}

export const factsOf = ({ id, name, created_at }: ListedCertificate) => ({ id, name, created_at })
export const validityOf = ({ valid_at, expires_at }: ListedCertificate) => ({ valid_at, expires_at })
