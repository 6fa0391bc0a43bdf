import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelsFile } from '../../test/support/models-file.ts'
import { ConfigError, readConfig } from './settings.ts'

const read = async (console: unknown) => {
  await using file = await modelsFile([], { console })
  return readConfig({ GATEHOUSE_CONFIG: file.path }).console
}

test('people sign in with a password, for half a day without a call and a week at most, unless the file says otherwise', async () => {
  const preset = {
    localSignIn: true,
    secondFactor: 'optional',
    session: { idleSeconds: 12 * 3600, lifeSeconds: 7 * 86_400 },
  }
  assert.deepEqual(readConfig({}).console, preset)
  assert.deepEqual(await read({}), preset)
  assert.deepEqual(await read({ local_sign_in: false, session: { idle_minutes: 5 } }), {
    localSignIn: false,
    secondFactor: 'optional',
    session: { idleSeconds: 300, lifeSeconds: 7 * 86_400 },
  })
  assert.equal((await read({ second_factor: 'required' })).secondFactor, 'required')
  assert.equal((await read({ session: { days: 30 } })).session.lifeSeconds, 30 * 86_400)
})

const wrong: [string, unknown][] = [
  ['console', 'on'],
  ['console.local_sign_in', { local_sign_in: 'no' }],
  ['console.session.idle_minutes', { session: { idle_minutes: 0 } }],
  ['console.session.idle_minutes', { session: { idle_minutes: 1.5 } }],
  ['console.session.days', { session: { days: 367 } }],
  ['does nothing without GATEHOUSE_OIDC_ISSUER', { oidc: {} }],
  ['console.second_factor', { second_factor: 'always' }],
  ['console.second_factor', { second_factor: true }],
  ["'hours'", { session: { hours: 1 } }],
]

for (const [where, console] of wrong) {
  test(`${JSON.stringify(console)} stops the start, which says ${where}`, async () => {
    await assert.rejects(
      () => read(console),
      (error) => error instanceof ConfigError && error.message.includes(where),
    )
  })
}
