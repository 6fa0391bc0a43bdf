import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skip } from './browser.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(emptyServer)

test('an invite says in which projects who accepts is, and as what: the default one, those that are chosen, or none', {
  skip,
}, async () => {
  const { organization } = started.app.admin()
  const [kitchen, garden] = [
    await organization.projects.create({ name: 'Kitchen' }),
    await organization.projects.create({ name: 'Garden' }),
  ]
  await using opened = await openAsOwner(started)
  const { page, complaints } = opened
  const dialog = page.getByRole('dialog')
  const sent = async (address: string) => {
    await dialog.getByRole('button', { name: 'Invite' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('row', { name: new RegExp(`^${address} `) }).waitFor()
    const { data } = await organization.invites.list({ limit: 100 })
    return data.find(({ email }) => email === address)?.projects
  }
  const begin = async (address: string) => {
    await page.goto('/people?open=new')
    await dialog.getByLabel('Address').fill(address)
  }
  const add = async (typed: string, name: string) => {
    await dialog.getByRole('combobox', { name: 'Add a project' }).fill(typed)
    await page.getByRole('option', { name, exact: true }).click()
    await dialog.getByLabel(`Role in ${name}`).waitFor()
  }

  await begin('none@example.com')
  await dialog.getByLabel('Projects').selectOption('None yet')
  assert.deepEqual(await sent('none@example.com'), [])

  await begin('some@example.com')
  await dialog.getByLabel('Projects').selectOption('Projects that I choose')
  await dialog.getByRole('button', { name: 'Invite' }).click()
  await dialog.getByText('Choose a project, or none yet.').waitFor()
  await add('kit', 'Kitchen')
  await add('gar', 'Garden')
  await add('default', 'Default project')
  await dialog.getByLabel('Role in Garden').selectOption('Owner')
  await dialog.getByRole('button', { name: 'Leave out Default project' }).click()
  assert.deepEqual(await sent('some@example.com'), [
    { id: kitchen.id, role: 'member' },
    { id: garden.id, role: 'owner' },
  ])
  const row = page.getByRole('row', { name: /^some@example.com / })
  await row.getByText('and 1 more').waitFor()
  await row.getByRole('link', { name: 'Kitchen' }).waitFor()
  await row.getByRole('button', { name: 'some@example.com', exact: true }).click()
  await page.locator('tr.opened .fact').filter({ hasText: 'Garden' }).getByText('Owner of').waitFor()
  // Where nothing is said the invite names no project, and who accepts it is in the default one.
  await begin('default@example.com')
  assert.deepEqual(await sent('default@example.com'), [])
  const { id } = await started.app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const asked = started.app.db.selectFrom('invite').select(['email', 'projects']).where('organization_id', '=', id)
  const stored = Object.fromEntries((await asked.execute()).map(({ email, projects }) => [email, JSON.parse(projects)]))
  assert.deepEqual([stored['default@example.com'], stored['none@example.com']], [null, []])
  assert.deepEqual(complaints, [])
})
