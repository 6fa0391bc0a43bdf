import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contract } from '../../src/contract/index.ts'
import { refusal } from '../sdk/scenario.ts'
import { clientOf } from '../support/client.ts'
import { command } from '../support/command.ts'
import { startTestApp } from '../support/harness.ts'
import { newEmail, newOrganization, newUser } from './organizations.ts'

test('a client of the contract calls any operation by its declaration, ours alone too', async () => {
  await using app = await startTestApp()
  const own = await newOrganization(app)
  const call = clientOf(app, own.key)
  const { id } = await call(contract.invites.create, { body: { email: newEmail(), role: 'reader', projects: [] } })
  const { token } = await command(app, 'invite', 'link', id, '--org', own.id)
  const user = await clientOf(app, null)(contract.invites.accept, { body: { token, name: 'Newcomer' } })
  assert.deepEqual(await call(contract.users.retrieve, { params: { user_id: user.id } }), user)

  const people = [user, await newUser(app, own)]
  const emails = people.map(({ email }) => email ?? '')
  const found = await call(contract.users.list, { query: { emails, limit: 1 } })
  assert.deepEqual([found.data, found.has_more], [[user], true])
})

test('what is refused rejects as with the official client, whatever is in an id', async () => {
  await using app = await startTestApp()
  const own = await newOrganization(app)
  const call = clientOf(app, own.key)
  const unknown = call(contract.users.retrieve, { params: { user_id: 'a/b?c' } })
  await assert.rejects(unknown, {
    ...refusal(404, 'not_found', 'user_id'),
    message: "No such user: 'a/b?c'. It was not found.",
  })
  const keyless = clientOf(app, null)(contract.users.list, {})
  await assert.rejects(keyless, refusal(401, null))
})

test('what an operation does not declare cannot be given', () => {
  const call = clientOf({ send: () => Promise.reject(new Error('not sent')) }, null)
  const { list, retrieve, update } = contract.users
  const wrong = [
    // @ts-expect-error there is no such parameter
    () => call(retrieve, { params: { id: 'x' } }),
    // @ts-expect-error it takes no body
    () => call(retrieve, { params: { user_id: 'x' }, body: {} }),
    // @ts-expect-error no user has this role
    () => call(update, { params: { user_id: 'x' }, body: { role: 'king' } }),
    // @ts-expect-error a limit is a number
    () => call(list, { query: { limit: '1' } }),
  ]
  assert.equal(wrong.length, 4)
})
