import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases, openTestDatabase } from '../../test/support/databases.ts'
import { modelsFile } from '../../test/support/models-file.ts'
import { startApp } from '../app.ts'
import { welcome } from '../cli/welcome.ts'
import { type Config, readConfig } from '../config/settings.ts'
import { openDb } from '../db/open.ts'
import { bind } from '../sign-in/oidc/identity.ts'

const ADMIN_KEY = 'sk-admin-for_tests_only_0123456789abcdefghijklmnop'

/** The settings of a server of that database, with the console among its doors or without. */
function settings(databaseUrl: string, env: Record<string, string> = {}, withConsole = true): Config {
  const given = { GATEHOUSE_DATABASE_URL: databaseUrl, GATEHOUSE_PORT: '0', GATEHOUSE_LOG_LEVEL: 'silent', ...env }
  const config = readConfig(given)
  const others = config.doors.filter((door: string) => door !== 'console')
  return { ...config, doors: (withConsole ? [...others, 'console'] : others) as Config['doors'] }
}

const post = (url: string, path: string, body: object) =>
  fetch(`${url}/v1/organization/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

for (const database of databases) {
  test(`${database}: each start prints a link until an owner has a password, where there is a console to sign in to`, async () => {
    await using shared = await openTestDatabase(database)
    await using file = await modelsFile([], { console: { local_sign_in: false } })
    const start = async (env: Record<string, string> = {}, withConsole = true) => {
      const config = settings(shared.url, env, withConsole)
      const app = await startApp(config)
      return { app, words: welcome(app, config) }
    }
    const tokens: string[] = []
    for (const env of [{}, { GATEHOUSE_ADMIN_KEY: ADMIN_KEY }, { GATEHOUSE_PUBLIC_URL: 'https://gate.example' }]) {
      const { app, words } = await start(env)
      await using _ = app
      const [, link = ''] = /\n {2}(\S+\/sign-in\/link#\S+)\n/.exec(words ?? '') ?? []
      const [page, token = ''] = link.split('#')
      assert.equal(page, `${'GATEHOUSE_PUBLIC_URL' in env ? 'https://gate.example' : app.url}/sign-in/link`)
      tokens.push(token)
    }
    for (const [env, withConsole] of [
      [{}, false],
      [{ GATEHOUSE_CONFIG: file.path }, true],
    ] as const) {
      const { app, words } = await start(env, withConsole)
      await using _ = app
      assert.deepEqual([app.firstLink, words], [null, null])
    }
    {
      const { app } = await start()
      await using _ = app
      const [, token = ''] = app.firstLink?.split('#') ?? []
      for (const old of tokens) {
        const { status } = await post(app.url, 'sign_in/password_link', {
          token: old,
          password: 'correct horse battery',
        })
        assert.equal(status, 404, 'the newest only')
      }
      const set = await post(app.url, 'sign_in/password_link', { token, password: 'correct horse battery' })
      const session = (await set.json()) as { user: { email: string } }
      assert.deepEqual([set.status, session.user.email], [200, 'owner@localhost'])
    }
    const { app, words } = await start()
    await using _ = app
    assert.deepEqual([app.firstLink, words], [null, null])
  })
}

for (const database of databases) {
  test(`${database}: no link is printed where an owner has signed in by the provider that there is`, async () => {
    await using shared = await openTestDatabase(database)
    const provider = {
      GATEHOUSE_PUBLIC_URL: 'https://gate.example',
      GATEHOUSE_OIDC_ISSUER: 'https://id.example',
      GATEHOUSE_OIDC_CLIENT_ID: 'gatehouse',
      GATEHOUSE_OIDC_CLIENT_SECRET: 'a-secret-of-the-tests',
    }
    const hasLink = async (env: Record<string, string>) => {
      await using app = await startApp(settings(shared.url, env))
      return app.firstLink !== null
    }
    assert.equal(await hasLink(provider), true)
    const db = await openDb(shared.url)
    const { organization_id, id } = await db
      .selectFrom('organization_user')
      .select(['organization_id', 'id'])
      .executeTakeFirstOrThrow()
    await bind(db, { issuer: 'https://id.example', subject: 'x' }, { organizationId: organization_id, userId: id }, 1)
    await db.destroy()
    const another = { ...provider, GATEHOUSE_OIDC_ISSUER: 'https://another.example' }
    assert.deepEqual([await hasLink(provider), await hasLink(another), await hasLink({})], [false, true, true])
  })
}

test('a first start says the key, a line that tries it, and the link', () => {
  const config = settings('sqlite::memory:')
  const started = { url: 'http://x', firstKey: 'sk-admin-1', firstLink: 'http://x/sign-in/link#1' }
  assert.equal(
    welcome(started, config),
    `
Gatehouse is ready on http://x. The first admin key, shown this once:

  sk-admin-1

Try it:

  curl http://x/v1/organization/projects -H "Authorization: Bearer sk-admin-1"

Set the first owner's password here, within a day and once:

  http://x/sign-in/link#1
`,
  )
})
