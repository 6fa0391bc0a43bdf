import type { X509Certificate } from 'node:crypto'
import { type ApiError, clientCertificateRefused } from '../contract/error.ts'
import { Bounded } from '../core/bounded.ts'
import { keptCertificate } from '../core/kept-certificate.ts'
import { type Connection, certificateRefusal } from '../core/presented-certificate.ts'
import type { Db } from '../db/tables.ts'
import type { AdminApp } from './app.ts'

/** Most organizations whose authorities are kept. */
const KEPT = 100

/** The authorities last active in each organization, by their ids: what was verified for a list stays good with it. */
const lists = new Bounded<string, { ids: string; authorities: readonly X509Certificate[] }>(KEPT)

/**
 * Why a connection may not call the Administration API of an organization; null where it may, or where no client certificate
 * is asked. One statement, and another where the active certificates are others than at the last call.
 */
export async function mtlsRefusal(
  { mtls, now }: Pick<AdminApp, 'mtls' | 'now'>,
  db: Db,
  organizationId: string,
  connection: Connection,
): Promise<ApiError | null> {
  if (mtls === null) return null
  const authorities = await activeAuthorities(db, organizationId)
  const refusal = certificateRefusal(authorities, connection, Math.floor(now() / 1000), mtls.trustedProxies)
  return refusal && clientCertificateRefused('the organization', refusal)
}

async function activeAuthorities(db: Db, organizationId: string): Promise<readonly X509Certificate[]> {
  const active = db
    .selectFrom('certificate')
    .where('organization_id', '=', organizationId)
    .where('activated_at', 'is not', null)
    .orderBy('id')
  const ids = (await active.select('id').execute()).map(({ id }) => id).join()
  if (ids === '') return []
  const before = lists.get(organizationId)
  if (before?.ids === ids) return before.authorities
  const rows = await active.select(['id', 'content']).execute()
  const authorities = rows.map(({ content }) => keptCertificate(content))
  lists.set(organizationId, { ids: rows.map(({ id }) => id).join(), authorities })
  return authorities
}
