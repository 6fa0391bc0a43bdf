import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { openDb } from '../../src/db/open.ts'
import { openBrowser, settled, skip } from '../../test/console/browser.ts'
import { fillLists } from '../lists-fill.ts'
import { ADMIN_KEY, OWN_CHECKOUT, startGatehouse } from '../processes.ts'
import { fill } from '../usage-fill.ts'
import { type At, fresh, painted, type State, say, shows, sizeOf, tell, verdict } from './measuring.ts'

/*
 * How long the console's pages take in a real browser, against a real server on a SQLite file: with usage of 10,000 keys over 60 days and
 * 100,000 projects. Each figure stands beside its target.
 *   node bench/console/main.ts [--keys 10000] [--days 60] [--projects 100000] [--rounds 5]
 */

const option = (name: string, preset: number) => {
  const i = process.argv.indexOf(`--${name}`)
  return i < 0 ? preset : Number(process.argv[i + 1])
}
const [keys, days, projects] = [option('keys', 10_000), option('days', 60), option('projects', 100_000)]
const rounds = option('rounds', 5)

if (skip !== false) {
  say(`Not measured: ${skip}.`)
  process.exitCode = 1
} else {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
  try {
    await measureAll(`sqlite:${join(folder, 'console.db')}`)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function measureAll(url: string) {
  const env = { GATEHOUSE_DATABASE_URL: url }
  await fillUp(url, env)
  await using browser = await openBrowser()
  say(`node ${process.version}, chromium ${browser.version()}, ${keys} keys over ${days} days, ${projects} projects`)
  const state = await signedIn(browser, env)
  await measureUsage(browser, env, state)
  await using server = await startGatehouse(env)
  const at = { browser, url: server.url, state }
  await measureFirstPage(at)
  await measureProjects(at)
  await measureSizes(at)
}

/** Makes the numbers up. */
async function fillUp(url: string, env: Record<string, string>) {
  const begun = performance.now()
  await (await startGatehouse(env))[Symbol.asyncDispose]()
  const db = await openDb(url, { connections: 1 })
  const { id } = await db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  await fill(db, id, keys, days)
  await fillLists(db, id, projects)
  await db.destroy()
  say(`made up in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
}

/** The cookie of somebody who has signed in: it outlives the server. */
async function signedIn(browser: Browser, env: Record<string, string>): Promise<State> {
  await using server = await startGatehouse(env)
  // The link of a start is void with the next one.
  const owners = await fetch(`${server.url}/v1/organization/users`, {
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  })
  const { first_id } = (await owners.json()) as { first_id: string }
  const command = [join(OWN_CHECKOUT, 'src/main.ts'), 'user', 'password-link', first_id, '--json']
  const { stdout } = await promisify(execFile)(process.execPath, command, { env: { ...process.env, ...env } })
  const { pathname, hash } = new URL(JSON.parse(stdout).url)
  const context = await browser.newContext({ baseURL: server.url })
  const page = await context.newPage()
  page.setDefaultTimeout(120_000)
  await page.goto(pathname + hash)
  await page.getByLabel('New password').fill('a few words that nobody guesses')
  await page.getByRole('button', { name: 'Set password and sign in' }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  const state = await context.storageState()
  await context.close()
  return state
}

/** The page of the usage of thirty days, each time the first call of a server that has just started, in a browser that has nothing yet. */
async function measureUsage(browser: Browser, env: Record<string, string>, state: State) {
  for (const [what, query] of [
    ['tokens by key', 'by=key'],
    ['tokens by model', 'by=model'],
    ['tokens by user', 'by=user'],
    ['money by key', 'measure=money&by=key'],
    ['money by model', 'measure=money&by=model'],
    ['tokens by key, beside the period before', 'by=key&compare=true'],
  ] as const) {
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      await using server = await startGatehouse(env)
      times.push(
        await fresh({ browser, url: server.url, state }, async (page) => {
          await page.goto(`/usage?days=30&${query}`, { waitUntil: 'commit' })
          return page.evaluate(shows, { selector: '.chart-bars rect[class^=series]', count: 1 })
        }),
      )
    }
    tell(`usage of 30 days, ${what}, first call of all`, times, 2000)
  }
}

async function measureFirstPage(at: At) {
  const paints: number[] = []
  const ready: number[] = []
  for (let round = 0; round < rounds; round++) {
    await fresh(at, async (page) => {
      await page.goto('/', { waitUntil: 'commit' })
      await page.evaluate(shows, { selector: 'h1', count: 1 })
      ready.push(
        await page.evaluate(() => new Promise<number>((is) => requestIdleCallback(() => is(performance.now())))),
      )
      paints.push(await page.evaluate(painted))
    })
  }
  tell('first paint from a cold cache', paints, 1000)
  tell('interactive from a cold cache: the page stands and the browser is idle', ready, 1500)
}

async function measureProjects(at: At) {
  const times: number[] = []
  await fresh(at, async (page) => {
    // The first of them loads what the others find loaded.
    for (let round = 0; round <= rounds; round++) {
      await page.goto('/')
      await settled(page)
      await page.evaluate(() => performance.mark('click'))
      await page.evaluate(() => document.querySelector<HTMLElement>('nav a[href="/projects"]')?.click())
      const shown = await page.evaluate(shows, { selector: 'main tbody tr:has(a)', count: 100 })
      const begun = await page.evaluate(() => performance.getEntriesByName('click').at(-1)?.startTime ?? 0)
      if (round > 0) times.push(shown - begun)
    }
  })
  tell(`a page of 100 of ${projects} projects after a click, warm`, times, 300)
}

/** How much script each page that the navigation leads to needs, as it is sent with gzip. */
async function measureSizes(at: At) {
  const paths = await fresh(at, async (page) => {
    await page.goto('/projects')
    await page.locator('main tbody a').first().click()
    await page.locator('nav a[href$="/settings"]').first().waitFor()
    return page.evaluate(() =>
      [...document.querySelectorAll('nav a[href^="/"]')].map((a) => a.getAttribute('href') ?? ''),
    )
  })
  const sizes: { path: string; bytes: number }[] = []
  for (const path of ['/sign-in', ...new Set(paths)]) {
    const bytes = await fresh(
      path === '/sign-in' ? { ...at, state: { cookies: [], origins: [] } } : at,
      async (page) => {
        await page.goto(path)
        await settled(page)
        const names = await page.evaluate(() =>
          performance
            .getEntriesByType('resource')
            .map(({ name }) => new URL(name).pathname)
            .filter((name) => name.endsWith('.js')),
        )
        const each = [...new Set(names)].map((name) => sizeOf(join(OWN_CHECKOUT, 'console/dist', name)))
        return (await Promise.all(each)).reduce((sum, size) => sum + size, 0)
      },
    )
    sizes.push({ path, bytes })
  }
  const kB = (bytes: number) => Math.round(bytes / 100) / 10
  const line = (what: string, bytes: number, most: number) =>
    say(`  ${what.padEnd(74)} ${String(kB(bytes)).padStart(7)} kB   target ${most} kB   ${verdict(kB(bytes), most)}`)
  for (const { path, bytes } of sizes.filter(({ path }) => path === '/sign-in' || path === '/')) {
    line(`script of the first page (${path}), gzip`, bytes, 250)
  }
  const largest = sizes.reduce((most, one) => (one.bytes > most.bytes ? one : most))
  line(
    `script of the largest of ${sizes.length} pages (${largest.path.replace(/proj_\w+/, '…')}), gzip`,
    largest.bytes,
    400,
  )
}
