import { after, before } from 'node:test'
import type { Browser } from 'playwright-core'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { openBrowser, openPage, skip } from './browser.ts'
import { passwordLink, signIn } from './signing-in.ts'

type Started = { app: TestApp; browser: Browser }

/**
 * Has a server with the console, and a browser, stand ready before the tests of a file, and ends both after them.
 * @param start what else is to be there, and the server where it is another one; what it gives to the stack is ended
 * @returns what is there: empty until the tests begin
 */
export function startConsole<There extends { app: TestApp } = { app: TestApp }>(
  start: (stack: AsyncDisposableStack) => Promise<There>,
): There & Started {
  const stack = new AsyncDisposableStack()
  const started = {} as There & Started
  before(async () => {
    if (skip) return
    Object.assign(started, await start(stack), { browser: stack.use(await openBrowser()) })
  })
  after(() => stack.disposeAsync())
  return started
}

/** A server whose organization has nothing in it yet. */
export async function emptyServer(stack: AsyncDisposableStack): Promise<{ app: TestApp }> {
  return { app: stack.use(await startTestApp({ only: 'admin,gateway,docs,console' })) }
}

/** A page of its own, at the path or where a sign-in leads to, seen by the first owner. */
export async function openAsOwner({ app, browser }: Started, path?: string) {
  const opened = await openPage(browser, app.url)
  await signIn(opened.page, await passwordLink(app))
  if (path !== undefined) await opened.page.goto(path)
  return opened
}
