import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { gatehouse } from '../process/gatehouse.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { done, firstOrganization, newUser, refused } from './run.ts'

/** What was changed must not be: rows of the tables that commands write. */
async function counts(app: TestApp) {
  const tables = [
    'organization',
    'organization_user',
    'admin_api_key',
    'project_api_key',
    'invite',
    'password_link',
    'audit_log',
  ] as const
  const count = async (table: (typeof tables)[number]) =>
    (await app.db.selectFrom(table).select(app.db.fn.countAll().as('rows')).executeTakeFirstOrThrow()).rows
  return Promise.all(tables.map(count))
}

describe('what the state does not allow is refused with exit code 1 and changes nothing', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp()
  })
  after(() => app[Symbol.asyncDispose]())

  /** Runs a command that must be refused and must leave no trace. */
  async function refusedInVain(message: RegExp, ...args: string[]) {
    const unchanged = await counts(app)
    await refused(app, 1, message, ...args)
    assert.deepEqual(await counts(app), unchanged)
  }

  test('a link for a user who is not there, or not any more', async () => {
    const gone = await newUser(app, 'gone@example.com')
    await app.admin().organization.users.delete(gone.id)
    for (const user of ['user-none', 'nobody@example.com', gone.id, 'gone@example.com']) {
      await refusedInVain(/there is no user/, 'user', 'password-link', user)
      await refusedInVain(/there is no user/, 'user', 'reset-second-factor', user)
    }
    await refusedInVain(/has no second factor/, 'user', 'reset-second-factor', 'owner@localhost')
  })

  test('a user whose address is taken, however it is written', async () => {
    await newUser(app, 'taken@example.com')
    const flags = ['--name', 'Other', '--role', 'owner']
    await refusedInVain(/already is a member/, 'user', 'create', '--email', 'Taken@EXAMPLE.com', ...flags)
  })

  test('an admin key for somebody who is not there, not there any more, or elsewhere', async () => {
    await refusedInVain(/no user 'nobody@example\.com'/, 'admin-key', 'create', '--user', 'nobody@example.com')
    const gone = await newUser(app, 'gone@example.com')
    await app.admin().organization.users.delete(gone.id)
    await refusedInVain(/no user 'user-/, 'admin-key', 'create', '--user', gone.id)
    await refusedInVain(/no user 'gone@example\.com'/, 'admin-key', 'create', '--user', 'gone@example.com')
  })

  test('a scope that no admin key can have, or no project key', async () => {
    const { owner, defaultProjectId } = await firstOrganization(app)
    const scopes = ['--scopes', 'api.management.read,api.everything']
    await refusedInVain(/'api\.everything'.*'api\.usage\.read'/, 'admin-key', 'create', '--user', owner.id, ...scopes)
    const key = ['--project', defaultProjectId, '--user', owner.id, '--name', 'k']
    await refusedInVain(/'api\.management\.read'/, 'project-key', 'create', ...key, '--scopes', 'api.management.read')
  })

  test('a project key for somebody who is not in the project, whom it would open nothing', async () => {
    const { id: project } = await app.admin().organization.projects.create({ name: 'closed circle' })
    const outsider = await newUser(app, 'outsider@example.com')
    const flags = ['--project', project, '--user', outsider.id, '--name', 'k']
    await refusedInVain(/not a user of project/, 'project-key', 'create', ...flags)
    // An owner of the organization is in every project without having been added.
    const { owner } = await firstOrganization(app)
    const { value } = await done(app, 'project-key', 'create', '--project', project, '--user', owner.id, '--name', 'k')
    assert.equal((await app.client(value).models.list()).data[0]?.id, 'echo')
  })

  test('a project key in an archived project, or in none', async () => {
    const { projects } = app.admin().organization
    const { owner } = await firstOrganization(app)
    const { id } = await projects.create({ name: 'over' })
    await projects.archive(id)
    const flags = (project: string) => ['--project', project, '--user', owner.id, '--name', 'k']
    await refusedInVain(/is archived/, 'project-key', 'create', ...flags(id))
    await refusedInVain(/no project 'proj_nothing'/, 'project-key', 'create', ...flags('proj_nothing'))
  })

  test('a link for an invite that was accepted, has expired, was withdrawn or never was', async () => {
    const { invites } = app.admin().organization
    const invite = (email: string) => invites.create({ email, role: 'reader' })
    const accepted = await invite('accepted@example.com')
    const { token } = await done(app, 'invite', 'link', accepted.id)
    await done(app, 'invite', 'accept', token, '--name', 'Accepted')
    await refusedInVain(/is accepted/, 'invite', 'link', accepted.id)

    const expired = await invite('expired@example.com')
    const { token: tooLate } = await done(app, 'invite', 'link', expired.id)
    await app.db.updateTable('invite').set({ expires_at: 1 }).where('id', '=', expired.id).execute()
    await refusedInVain(/is expired/, 'invite', 'link', expired.id)
    await refusedInVain(/does not work/, 'invite', 'accept', tooLate, '--name', 'Late')

    const withdrawn = await invite('withdrawn@example.com')
    const { token: dead } = await done(app, 'invite', 'link', withdrawn.id)
    await invites.delete(withdrawn.id)
    await refusedInVain(/No such invite/, 'invite', 'link', withdrawn.id)
    await refusedInVain(/does not work/, 'invite', 'accept', dead, '--name', 'Dead')
    await refusedInVain(/No such invite/, 'invite', 'link', 'invite-nothing')
    await refusedInVain(/does not work/, 'invite', 'accept', 'guessed', '--name', 'Guess')
  })

  test('a name that the API would refuse, and no name that it takes', async () => {
    const create = (email: string, name: string) => [
      'user',
      'create',
      '--email',
      email,
      '--name',
      name,
      '--role',
      'reader',
    ]
    for (const name of ['n'.repeat(256), 'bell\u0007', '   ']) {
      await refused(app, 2, /--name/, ...create('x@example.com', name))
    }
    for (const email of [
      'no-at.example.com',
      'two@at@example.com',
      'with space@example.com',
      'bell\u0007@example.com',
    ]) {
      await refused(app, 2, /--email/, ...create(email, 'Somebody'))
    }
    const long = '🦊'.repeat(255)
    assert.equal((await done(app, ...create('fox@example.com', long))).name, long)
  })
})

const FULL = '/dev/full'
test('what cannot be printed is a failure in words', { skip: !existsSync(FULL) && `no ${FULL}` }, async () => {
  await using app = await startTestApp()
  await using full = await open(FULL, 'w')
  const env = { GATEHOUSE_DATABASE_URL: app.databaseUrl }
  const args = ['user', 'create', '--email', 'a@example.com', '--name', 'A', '--role', 'owner']
  const { code, stderr } = await gatehouse(args, { env, stdout: full.fd })
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^gatehouse: what was to be printed could not be written \(.*ENOSPC.*\)\. What the command did is done/,
  )
  assert.doesNotMatch(stderr, /\n {4}at /)
})
