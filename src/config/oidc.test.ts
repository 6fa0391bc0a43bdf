import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { modelsFile } from '../../test/support/models-file.ts'
import { ConfigError, readConfig } from './settings.ts'

const all = {
  GATEHOUSE_OIDC_ISSUER: 'https://id.example/realms/main',
  GATEHOUSE_OIDC_CLIENT_ID: 'gatehouse',
  GATEHOUSE_OIDC_CLIENT_SECRET: 'very secret',
  GATEHOUSE_PUBLIC_URL: 'https://gate.example',
}
const given = { ...all, GATEHOUSE_OIDC_CLIENT_SECRET: 'very-secret' }
const read = async (env: Record<string, string>, oidc?: unknown) => {
  await using file = await modelsFile([], { console: { ...(oidc !== undefined && { oidc }) } })
  return readConfig({ ...env, GATEHOUSE_CONFIG: file.path }).oidc
}

test('people sign in by no provider, unless three settings name one', async () => {
  assert.equal(readConfig({}).oidc, null)
  assert.equal(await read({ GATEHOUSE_PUBLIC_URL: 'https://gate.example' }), null)
  const preset = {
    issuer: 'https://id.example/realms/main',
    clientId: 'gatehouse',
    clientSecret: 'very-secret',
    redirectUri: 'https://gate.example/sign-in/oidc/callback',
    scopes: ['openid', 'email', 'profile'],
    groupsClaim: null,
    groups: {},
    unknownUsers: 'refuse',
  }
  assert.deepEqual(await read(given), preset)
  const written = {
    scopes: ['email', 'groups'],
    groups_claim: 'groups',
    groups: { a: 'group_x' },
    unknown_users: 'reader',
  }
  assert.deepEqual(await read(given, written), {
    ...preset,
    scopes: ['openid', 'email', 'groups'],
    groupsClaim: 'groups',
    groups: { a: 'group_x' },
    unknownUsers: 'reader',
  })
  for (const issuer of ['http://localhost:9000', 'http://127.0.0.1:9000/', 'http://[::1]:9000']) {
    assert.equal((await read({ ...given, GATEHOUSE_OIDC_ISSUER: issuer }))?.issuer, issuer)
  }
})

const without = (name: keyof typeof given) => ({ ...given, [name]: '' })
const wrong: [string, Record<string, string>, unknown?][] = [
  ['GATEHOUSE_OIDC_CLIENT_SECRET: holds characters', all],
  ['GATEHOUSE_OIDC_ISSUER: signing in by OpenID Connect needs all three', without('GATEHOUSE_OIDC_ISSUER')],
  ['GATEHOUSE_OIDC_CLIENT_SECRET: signing in', without('GATEHOUSE_OIDC_CLIENT_SECRET')],
  ['GATEHOUSE_PUBLIC_URL, which is not set', without('GATEHOUSE_PUBLIC_URL')],
  ['must be asked over https', { ...given, GATEHOUSE_OIDC_ISSUER: 'http://id.example' }],
  ['must be asked over https', { ...given, GATEHOUSE_OIDC_ISSUER: 'http://127.0.0.1.example' }],
  ['not an http(s) URL', { ...given, GATEHOUSE_OIDC_ISSUER: 'id.example' }],
  ['console.oidc does nothing without', {}, {}],
  ['console.oidc', given, { groups_claim: 'groups' }],
  ['console.oidc', given, { groups: { a: 'group_x' } }],
  ['console.oidc.groups.a', given, { groups_claim: 'groups', groups: { a: 'role_x' } }],
  ['console.oidc.unknown_users', given, { unknown_users: 'owner' }],
  ['console.oidc.scopes', given, { scopes: [] }],
  ["'secret'", given, { secret: 'x' }],
]
for (const [says, env, oidc] of wrong) {
  test(`${JSON.stringify(env === given ? oidc : env)} stops the start, which says ${says}`, async () => {
    await assert.rejects(
      () => read(env, oidc),
      (error) => error instanceof ConfigError && error.message.includes(says) && !error.message.includes('very secret'),
    )
  })
}

for (const name of ['keycloak.yaml', 'openid-connect.yaml']) {
  test(`the example ${name} is taken, with the settings that it names`, async () => {
    const path = join(import.meta.dirname, '../../examples', name)
    const written = [...(await readFile(path, 'utf8')).matchAll(/^# {3}(GATEHOUSE_\w+)=(\S+)$/gm)]
    const env = Object.fromEntries(written.map(([, setting = '', value = '']) => [setting, value]))
    assert.equal(env.GATEHOUSE_CONFIG, name)
    const { oidc, console } = readConfig({ ...env, GATEHOUSE_CONFIG: path })
    assert.equal(oidc?.issuer, env.GATEHOUSE_OIDC_ISSUER)
    assert.deepEqual([oidc?.groupsClaim, Object.keys(oidc?.groups ?? {}).length], ['groups', 2])
    assert.deepEqual([oidc?.unknownUsers, console.localSignIn], ['refuse', true])
  })
}
