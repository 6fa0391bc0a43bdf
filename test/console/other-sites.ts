import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, Page } from 'playwright-core'
import { until } from '../support/until.ts'

/** A listener of the test's own, at an address of this machine. */
export async function listen(answer: RequestListener): Promise<AsyncDisposable & { port: number }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close }
}

/** A site that does what it is asked without looking at who asks, and keeps count of what comes with the session's cookie. */
export async function careless() {
  const carried: string[] = []
  const listening = await listen((request, response) => {
    if (request.headers.cookie?.includes('gatehouse-session=')) carried.push(request.method ?? '')
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>done</h1>')
  })
  return { ...listening, carried, url: `http://127.0.0.1:${listening.port}` }
}

export type Forged = { method: 'GET' | 'POST' | 'DELETE'; url: string; body?: string }
type Attack = {
  what: string
  methods: Forged['method'][]
  /** Whether a browser sends the cookie along from another port of the same host, and from another host. */
  carries: { port: boolean; host: boolean }
  go: (page: Page, forged: Forged) => Promise<unknown>
}

/** Asks as a page can that is no page of the server's own. @returns what the page has read of the answer; null: nothing */
const fetched = (
  page: Page,
  forged: Forged,
  init: { mode?: 'no-cors'; headers: Record<string, string> },
): Promise<string | null> =>
  page.evaluate(
    ([{ method, url, body }, init]) =>
      fetch(url, { method, credentials: 'include', ...(body !== undefined && { body }), ...init }).then(
        async (response) => (await response.text()) || null,
        () => null,
      ),
    [forged, init] as const,
  )

const always = { port: true, host: false }
const never = { port: false, host: false }

/** The ways in which a page of another site can have a browser ask for something. */
export const attacks: Attack[] = [
  ...(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'] as const).map(
    (kind): Attack => ({
      what: `a form of ${kind}`,
      methods: ['POST'],
      carries: always,
      go: (page, { url, body = '' }) =>
        page.evaluate(
          ([kind, url, body]: readonly [string, string, string]) => {
            const form = document.createElement('form')
            Object.assign(form, { method: 'post', enctype: kind, action: url })
            const field = document.createElement('input')
            // What a form sends has an equals sign in it: the JSON is made so that it is in a string.
            field.name = `${body.slice(0, -1)}, "x": "`
            field.value = '"}'
            form.append(field)
            document.body.append(form)
            form.submit()
          },
          [kind, url, body] as const,
        ),
    }),
  ),
  {
    what: 'a request that needs no leave',
    methods: ['GET', 'POST'],
    carries: always,
    go: (page, forged) => fetched(page, forged, { mode: 'no-cors', headers: { 'content-type': 'text/plain' } }),
  },
  {
    what: 'a request of JSON',
    methods: ['POST', 'DELETE'],
    carries: never,
    go: (page, forged) => fetched(page, forged, { headers: { 'content-type': 'application/json' } }),
  },
  {
    what: 'a request with the header of the console',
    methods: ['GET', 'POST', 'DELETE'],
    carries: never,
    go: (page, forged) =>
      fetched(page, forged, { headers: { 'content-type': 'application/json', 'x-gatehouse-console': '1' } }),
  },
  {
    what: 'a beacon',
    methods: ['POST'],
    carries: always,
    go: (page, { url, body = '' }) =>
      page.evaluate(([url, body]) => void navigator.sendBeacon(url, body), [url, body] as const),
  },
  ...(['img', 'script', 'iframe'] as const).map(
    (tag): Attack => ({
      what: `an element: ${tag}`,
      methods: ['GET'],
      carries: always,
      go: (page, { url }) =>
        page.evaluate(
          ([tag, url]) => {
            const element = document.createElement(tag)
            element.src = url
            document.body.append(element)
          },
          [tag, url] as const,
        ),
    }),
  ),
  {
    what: 'a link',
    methods: ['GET'],
    carries: { port: true, host: true },
    go: (page, { url }) =>
      page.evaluate((url) => {
        const link = document.createElement('a')
        link.href = url
        document.body.append(link)
        link.click()
      }, url),
  },
]

/** Has a page of another site make a request, and waits until the browser is done with it. @returns what the page has read of it */
export async function attack(context: BrowserContext, page: Page, { go }: Attack, forged: Forged): Promise<unknown> {
  let done = 0
  const count = (request: { url: () => string }) => {
    if (request.url() === forged.url) done++
  }
  context.on('requestfinished', count).on('requestfailed', count)
  const read = await go(page, forged)
  await until(() => done > 0, `the end of ${forged.method} ${forged.url}`)
  context.off('requestfinished', count).off('requestfailed', count)
  return read
}
