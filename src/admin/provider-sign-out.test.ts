import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { newOrganization, newUser } from '../../test/contract/organizations.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { idSource } from '../core/id.ts'
import { takeTurn } from '../db/lock.ts'
import { bind } from '../sign-in/oidc/identity.ts'
import { startSession } from '../sign-in/session.ts'
import { endSessionsOf } from './provider-sign-out.ts'

const ISSUER = 'https://id.example'
const NOWHERE = { ip: null, userAgent: null }

for (const database of databases) {
  for (const before of [0, 1]) {
    test(`${database}: a session that begins while its provider signs its user out ends too, where ${before} were there before`, async () => {
      await using app = await startTestApp({ database })
      const { db } = app
      const own = await newOrganization(app)
      const person = { organizationId: own.id, userId: (await newUser(app, own)).id }
      const newId = idSource(Date.now)
      const now = app.now()
      const begin = async (at: number) => {
        const rules = { idleSeconds: 1000, lifeSeconds: 1000 }
        const by = { issuer: ISSUER, sid: 's', factor: 'provider' as const }
        return (await startSession(db, person, NOWHERE, rules, at, newId, by)).row.id
      }
      await bind(db, { issuer: ISSUER, subject: 'x' }, person, now)
      for (let one = 0; one < before; one++) await begin(now)
      // Somebody signs in: their organization's turn is theirs until they are in.
      const endTurn = await takeTurn(db, own.id)
      const said = { subject: 'x', sid: null, issuedAt: now }
      const ended = endSessionsOf({ db, newId }, ISSUER, said, NOWHERE)
      // One connection has its statements in turn, so that whatever is asked before that turn has been asked.
      for (let asked = 0; asked < 10; asked++) await sql`select 1`.execute(db)
      await begin(now)
      const later = await begin(now + 120)
      endTurn()
      assert.equal(await ended, before + 1)
      const left = await db.selectFrom('session').select('id').where('organization_id', '=', own.id).execute()
      assert.deepEqual(left, [{ id: later }], 'what begins later is another sign-in')
      const { data } = await own.admin.auditLogs.list({ event_types: ['logout.succeeded'] })
      assert.equal(data.length, before + 1)
    })
  }
}
