import assert from 'node:assert/strict'
import { groupsNotThere } from '../../src/admin/group-claim.ts'
import { signInFrom } from '../../src/admin/provider-sign-in.ts'
import { endSessionsOf } from '../../src/admin/provider-sign-out.ts'
import { KnownCallerRefused } from '../../src/admin/refused.ts'
import { insertUser } from '../../src/admin/users.ts'
import { idSource } from '../../src/core/id.ts'
import type { Db } from '../../src/db/tables.ts'
import { attemptsOn } from '../../src/sign-in/attempts-on.ts'
import { Guard } from '../../src/sign-in/guard.ts'
import { FULL_GROUP } from '../support/filling.ts'

/** Somebody comes from a provider of OpenID Connect, in a group and out of it, and is signed out by it. */
export async function walkProvider(db: Db, organizationId: string) {
  const rules = { idleSeconds: 60, lifeSeconds: 60 }
  const signIn = {
    local: true,
    issuer: null,
    provider: null,
    relyingParty: { whyNot: '' },
    asksForFactor: false,
    rules,
    guard: new Guard(attemptsOn(db, Date.now)),
  }
  const app = { db, newId: idSource(Date.now), signIn, changed: { publish() {} } }
  const issuer = 'https://id.example'
  const settings = {
    ...{ issuer, clientId: 'x', clientSecret: 'x', redirectUri: 'x', scopes: [], groupsClaim: 'groups' },
    groups: { g: FULL_GROUP },
    unknownUsers: 'reader' as const,
  }
  const said = { subject: 'new', email: 'new@provider.example', isVerified: true, name: null, sid: 'sid' }
  const come = (claims: object, groupIds: Iterable<string> = [], wanted: string | null = organizationId) => {
    const coming = { claims: { ...said, ...claims, groupIds: new Set(groupIds) }, wanted }
    return signInFrom(app, settings, { ...coming, origin: { ip: null, userAgent: null }, now: 1 })
  }
  const user = { id: app.newId('user'), organizationId, email: said.email, name: 'New', role: 'reader' as const }
  await insertUser(db, { ...user, now: 1 })
  const { reply } = await come({}, [FULL_GROUP])
  await come({})
  assert.deepEqual(await groupsNotThere(db, [FULL_GROUP, 'group_none']), ['group_none'])
  await assert.rejects(come({ subject: 'heir' }), KnownCallerRefused)
  await come({ subject: 'stranger', email: 'stranger@provider.example' }, [], null)
  const origin = { ip: null, userAgent: null }
  assert.equal(await endSessionsOf(app, issuer, { subject: null, sid: 'none', issuedAt: 1 }, origin), 0)
  assert.ok((await endSessionsOf(app, issuer, { subject: null, sid: 'sid', issuedAt: 1 }, origin)) > 0)
  assert.ok((await come({})).reply.id > reply.id)
  assert.equal(await endSessionsOf(app, issuer, { subject: 'new', sid: null, issuedAt: 1 }, origin), 1)
}
