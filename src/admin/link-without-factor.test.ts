import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newOrganization, newUser } from '../../test/contract/organizations.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { asSession, newPassword, signInNew } from '../../test/support/signing-in.ts'

const V1 = '/v1/organization'

for (const database of databases) {
  test(`${database}: a link that was made in a session without a second factor is dead while one is asked of everybody`, async () => {
    await using app = await startTestApp({ database })
    const own = await newOrganization(app)
    const { id } = await newUser(app, own, 'owner')
    // Whoever knows an owner's password, and nothing else, makes a link for another owner.
    const { cookie } = await signInNew(app, own.id, own.ownerId)
    const made = await asSession(app, cookie, 'POST', `${V1}/users/${id}/password_link`)
    assert.equal(made.status, 200, made.text)
    const body = { token: made.body.path.split('#')[1], password: newPassword() }
    const use = () => app.send('POST', `${V1}/sign_in/password_link`, { key: null, body })
    const ask = async (second_factor: string) => {
      const { status } = await app.send('POST', `${V1}/sign_in_policy`, { key: own.key, body: { second_factor } })
      assert.equal(status, 200)
    }
    await ask('required')
    const refused = await use()
    assert.deepEqual([refused.status, refused.body.error.param], [404, 'token'])
    // As the session itself, it counts again if that is taken back.
    await ask('optional')
    assert.equal((await use()).status, 200)
  })
}
