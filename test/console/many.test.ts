import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idSource } from '../../src/core/id.ts'
import { openPage, skip } from './browser.ts'
import { join } from './joining.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

/** More than a page of a list has. */
const MANY = Array.from({ length: 101 }, (_, n) => n)
/** As of what was made long ago. */
const newId = idSource(() => 1_000_000_000_000)

async function home() {
  const { app } = started
  const organization = await app.db
    .selectFrom('organization')
    .select(['id', 'default_project_id'])
    .executeTakeFirstOrThrow()
  return { organization_id: organization.id, project_id: organization.default_project_id }
}

test('what was made shows at once where a hundred were there before: a key, a service account and an invite', {
  skip,
}, async () => {
  const { db } = started.app
  const { organization_id, project_id } = await home()
  const owner = await db.selectFrom('organization_user').select('id').where('organization_id', '=', organization_id)
  const { id: user_id } = await owner.executeTakeFirstOrThrow()
  const long = { created_at: 1_000_000_000 }
  const accounts = MANY.map((n) => ({ ...long, id: newId('serviceAccount'), name: `Old ${n}`, role: 'none' as const }))
  await db
    .insertInto('service_account')
    .values(accounts.map((account) => ({ ...account, organization_id, project_id })))
    .execute()
  const key = { ...long, organization_id, project_id, user_id, redacted_value: 'sk-', scopes: '[]', expires_at: 2e9 }
  await db
    .insertInto('project_api_key')
    .values(
      MANY.map((n) => ({ ...key, id: newId('key'), name: `Old ${n}`, hash: `${n}`, owner_standing: 'own' as const })),
    )
    .execute()
  const invite = {
    ...long,
    organization_id,
    role: 'reader' as const,
    projects: '[]',
    expires_at: 2e9,
    created_by: user_id,
  }
  const guests = MANY.map((n) => ({ email: `old${n}@example.com`, email_key: `old${n}@example.com` }))
  await db
    .insertInto('invite')
    .values(guests.map((guest) => ({ ...invite, ...guest, id: newId('invite') })))
    .execute()

  await using opened = await openAsOwner(started, `/projects/${project_id}/service-accounts?open=new`)
  const { page, complaints } = opened
  await page.getByLabel('Name', { exact: true }).fill('Newest')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('row', { name: /^Newest / }).waitFor()
  for (const path of [`/projects/${project_id}/keys`, '/keys']) {
    await page.goto(path)
    await page.getByRole('row', { name: /^Newest / }).waitFor()
  }
  await page.goto('/people?open=new')
  await page.getByLabel('Address').fill('newest@example.com')
  await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('row', { name: /^newest@example.com / }).waitFor()
  assert.deepEqual(complaints, [])
})

test('who is in more than a hundred projects opens each of them, and finds it by its name', { skip }, async () => {
  const { app } = started
  await using opened = await openPage(started.browser, app.url)
  const { page, complaints } = opened
  const user_id = await join(app, page, 'Ada')
  const { organization_id } = await home()
  const name = (n: number) => `Project ${String(n).padStart(3, '0')}`
  const rows = MANY.map((n) => ({
    id: newId('project'),
    name: name(n),
    organization_id,
    created_at: 1,
    archived_at: null,
  }))
  await app.db.insertInto('project').values(rows).execute()
  const membership = { organization_id, user_id, added_at: 1, role: 'member' as const }
  await app.db
    .insertInto('project_user')
    .values(rows.map(({ id }) => ({ ...membership, project_id: id })))
    .execute()
  const last = await app.admin().organization.projects.create({ name: 'The last one' })
  await app.admin().organization.projects.users.create(last.id, { user_id, role: 'member' })

  await page.goto(`/projects/${last.id}/keys?open=new`)
  await page.getByLabel('Name', { exact: true }).fill('Mine')
  await page.getByRole('button', { name: 'Create key' }).click()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.goto('/projects')
  assert.equal(await page.getByRole('link', { name: 'The last one' }).count(), 0)
  await page.getByLabel('Find a project by its name').fill('last')
  await page.getByRole('link', { name: 'The last one' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Go to a page').fill('last one')
  await page.locator('[data-action]').filter({ hasText: 'The last one' }).waitFor()
  assert.deepEqual(complaints, [])
})
