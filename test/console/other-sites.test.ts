import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { CONSOLE } from '../support/signing-in.ts'
import { openPage, skip } from './browser.ts'
import { attack, attacks, careless, type Forged, listen } from './other-sites.ts'
import { PASSWORD, passwordLink, signIn } from './signing-in.ts'
import { emptyServer, openAsOwner, startConsole } from './started.ts'

const started = startConsole(async (stack) => {
  const { app } = await emptyServer(stack)
  return { app, site: stack.use(await careless()) }
})

/** What a page of another site would change: all that is written down of the organization. */
async function standing() {
  const { id } = await started.app.db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const of = (table: 'project' | 'session' | 'audit_log' | 'organization_user') =>
    started.app.db.selectFrom(table).select('id').where('organization_id', '=', id).orderBy('id').execute()
  return Promise.all([of('project'), of('session'), of('audit_log'), of('organization_user')])
}

const cookiesOf = async (context: BrowserContext) =>
  (await context.cookies(started.app.url)).map(({ name, value }) => [name, value])

for (const [where, host] of [
  ['another port of the same host', '127.0.0.1'],
  ['another host', 'localhost'],
] as const) {
  test(`a page of ${where} changes nothing with somebody's session, and reads nothing`, { skip }, async (t) => {
    await using evil = await listen((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>a page of somebody else</h1>')
    })
    const home = `http://${host}:${evil.port}/`
    await using opened = await openPage(started.browser, started.app.url)
    const context = opened.page.context()
    await signIn(opened.page, await passwordLink(started.app))
    const { data } = await started.app.admin().organization.users.list()
    const [owner] = data
    const before = await standing()
    const cookies = await cookiesOf(context)
    assert.equal(cookies.length, 1)
    const path = `${started.app.url}/v1/organization`
    const forgeries: Forged[] = [
      { method: 'GET', url: `${path}/users` },
      { method: 'POST', url: `${path}/projects`, body: '{"name":"forged"}' },
      { method: 'POST', url: `${path}/sign_out`, body: '{"everywhere":true}' },
      { method: 'POST', url: `${path}/sign_in`, body: JSON.stringify({ email: owner?.email, password: PASSWORD }) },
      { method: 'DELETE', url: `${path}/users/${owner?.id}` },
    ]
    const page = await context.newPage()
    for (const way of attacks) {
      await t.test(way.what, async () => {
        for (const method of way.methods) {
          // That the way is one: a site that looks at nothing but the cookie is told by it what to do.
          await page.goto(home)
          started.site.carried.length = 0
          const body = method === 'POST' && { body: '{"name":"forged"}' }
          await attack(context, page, way, { method, url: `${started.site.url}/`, ...body })
          const carries = host === '127.0.0.1' ? way.carries.port : way.carries.host
          assert.deepEqual([...new Set(started.site.carried.filter((one) => one === method))], carries ? [method] : [])
        }
        for (const forged of forgeries.filter(({ method }) => way.methods.includes(method))) {
          await page.goto(home)
          const read = await attack(context, page, way, forged)
          const readable = typeof read === 'string' ? read : ''
          assert.equal(readable, '', `${forged.method} ${forged.url}`)
          assert.deepEqual([await standing(), await cookiesOf(context)], [before, cookies], forged.url)
        }
      })
    }
    await opened.page.goto('/people')
    await opened.page.getByRole('heading', { name: 'People' }).waitFor()
  })
}

test('no page is shown within a page of another site', { skip }, async () => {
  await using evil = await listen((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<h1>mine: ${request.url}</h1>`)
  })
  await using opened = await openAsOwner(started)
  for (const host of ['127.0.0.1', 'localhost']) {
    const home = `http://${host}:${evil.port}`
    for (const tag of ['iframe', 'embed', 'object'] as const) {
      await opened.page.goto(home)
      assert.equal(await framed(opened.page, tag, `${home}/framed`), null, `${tag} shows what may be shown`)
      for (const path of ['/', '/projects', '/sign-in', '/sign-in/link', '/invite']) {
        await opened.page.goto(home)
        const refusal = await framed(opened.page, tag, started.app.url + path)
        assert.match(refusal ?? 'shown', /BLOCKED/, `${tag} ${path}`)
      }
    }
  }
})

/** Shows a page within another. @returns why the browser does not; null: it does */
async function framed(page: Page, tag: 'iframe' | 'embed' | 'object', url: string): Promise<string | null> {
  const finished = page.waitForEvent('requestfinished', (request) => request.url() === url).then(() => null)
  const failed = page.waitForEvent('requestfailed', (request) => request.url() === url)
  const refused = failed.then((request) => request.failure()?.errorText ?? '')
  for (const one of [finished, refused]) one.catch(() => {})
  await page.evaluate(
    ([tag, url]) => {
      const element = document.createElement(tag)
      element.setAttribute(tag === 'object' ? 'data' : 'src', url)
      document.body.append(element)
    },
    [tag, url] as const,
  )
  return await Promise.race([finished, refused])
}

test('a cookie that another site has planted is nobody, and no sign-in makes it somebody', { skip }, async () => {
  const planted = 'a1'.repeat(32)
  let path = '/'
  await using evil = await listen((_request, response) => {
    const cookie = `gatehouse-session=${planted}; Path=${path}; Max-Age=600`
    response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': cookie }).end('<h1>mine</h1>')
  })
  await using opened = await openPage(started.browser, started.app.url)
  const { page } = opened
  const standingOf = async (cookie: string) => {
    const headers = { ...CONSOLE, cookie: `gatehouse-session=${cookie}` }
    return (await started.app.send('GET', '/v1/organization/me', { key: null, headers })).status
  }
  await page.goto(`http://127.0.0.1:${evil.port}/`)
  assert.deepEqual(await cookiesOf(page.context()), [['gatehouse-session', planted]], 'it is planted')
  await page.goto('/people')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await signIn(page, await passwordLink(started.app))
  const [[, value = ''] = []] = await cookiesOf(page.context())
  assert.match(value, /^[0-9a-f]{64}$/)
  assert.notEqual(value, planted)
  assert.deepEqual([await standingOf(planted), await standingOf(value)], [401, 200])

  // One of a narrower path is sent before the true one: which of them is true nobody can tell, so that neither counts.
  path = '/v1'
  await page.goto(`http://127.0.0.1:${evil.port}/`)
  await page.goto('/people')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})
