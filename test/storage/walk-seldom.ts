import { addLimitRefusals, deleteLimitRefusals } from '../../src/db/limit-refusals.ts'
import { announceMinutesGone } from '../../src/db/minutes-kept.ts'
import { projectsAmong, projectsAnywhere } from '../../src/db/projects.ts'
import { newestMinute, recordRetention, retentionRanAt } from '../../src/db/retention-record.ts'
import type { Db } from '../../src/db/tables.ts'
import { databaseSource } from '../../src/gateway/counters/redis/database.ts'
import { newUser } from '../contract/organizations.ts'
import { makeCertificate } from '../support/certificates.ts'
import { startTestApp, type TestAppOptions } from '../support/harness.ts'
import { firstOrganization } from './first-organization.ts'

/** What is asked where an owner is demoted, and where the organization's certificates bind the Administration API. */
export async function walkSeldom(options: TestAppOptions): Promise<void> {
  await using app = await startTestApp({
    ...options,
    env: { GATEHOUSE_ADMIN_MTLS: 'on', GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1' },
  })
  const own = await firstOrganization(app)
  const { id: owner } = await newUser(app, own, 'owner')
  await own.admin.users.update(owner, { role: 'reader' })
  const { pem } = await makeCertificate('walk')
  const row = { id: 'cert_walk', organization_id: own.id, name: null, content: pem, created_at: 1, activated_at: 1 }
  await app.db
    .insertInto('certificate')
    .values({ ...row, valid_at: 1, expires_at: 2_000_000_000 })
    .execute()
  await app.send('GET', '/v1/organization/projects')
  await app.db.deleteFrom('certificate').where('organization_id', '=', own.id).where('id', '=', row.id).execute()
}

/** What a server asks by itself, and only after something that seldom happens. */
export async function walkSeldomBackground(db: Db, organizationId: string): Promise<void> {
  await announceMinutesGone(db, 3600)
  const limit = { model: 'm', scope: 'project', dimension: 'd' } as const
  await addLimitRefusals(db, [{ organizationId, projectId: 'proj_x', ...limit, time: 300, refused: 1 }])
  await deleteLimitRefusals(db, 1)
  await recordRetention(db, 1)
  await retentionRanAt(db)
  await newestMinute(db, { organization_id: organizationId, kind: 'completions' }, 3600)
  await databaseSource({ db, writer: 'w', now: Date.now }).days(organizationId)
  await projectsAmong(db, organizationId, ['proj_x'])
  await projectsAnywhere(db, ['proj_x'])
}
