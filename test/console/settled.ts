import type { CDPSession, Page } from 'playwright-core'
import { until } from '../support/until.ts'

/** What a page has asked for, as its browser tells it. */
type Watch = {
  browser: CDPSession
  /** What has been asked for and is not there yet, with the document that asked. */
  open: Map<string, string>
  /** How much has been asked for in all. */
  begun: number
}

const watches = new WeakMap<Page, Watch>()

/** Has a page's requests counted from here on: before it is led anywhere, so that `settled` can wait for them. */
export async function watch(page: Page): Promise<Page> {
  const browser = await page.context().newCDPSession(page)
  const watched: Watch = { browser, open: new Map(), begun: 0 }
  const { open } = watched
  browser.on('Network.requestWillBeSent', ({ requestId, loaderId }) => {
    open.set(requestId, loaderId)
    watched.begun++
  })
  browser.on('Network.loadingFinished', ({ requestId }) => open.delete(requestId))
  browser.on('Network.loadingFailed', ({ requestId }) => open.delete(requestId))
  // Of what a document that is gone had asked for, nobody may hear the end.
  browser.on('Page.frameNavigated', ({ frame }) => {
    if (frame.parentId !== undefined) return
    for (const [id, document] of open) if (document !== frame.loaderId) open.delete(id)
  })
  await Promise.all([browser.send('Network.enable'), browser.send('Page.enable')])
  watches.set(page, watched)
  return page
}

/** In the page: whether its heading is there, and nothing in whose place a skeleton stands. */
const isDrawn = () => document.querySelector('h1') !== null && !document.querySelector('.bone')

/**
 * In the page: waits until it has done what it had to do. An answer goes from a timer to a message to a drawing before the next thing
 * is asked for: what is begun last here comes after each of these, and what is of no importance at all after all that is left of them.
 * (`requestIdleCallback` would say so too, but on a busy machine the browser may never call it again.)
 */
const idle = async () => {
  for (let round = 0; round < 3; round++) {
    await new Promise((done) => setTimeout(done))
    await new Promise((done) => requestAnimationFrame(done))
    await scheduler.postTask(() => {}, { priority: 'background' })
  }
  const moving = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
  await Promise.allSettled([document.fonts.ready, ...moving.map(({ finished }) => finished)])
}

/** Waits in the page until it is idle. @returns whether it is drawn then; false too where its document is gone meanwhile */
async function isDrawnWhenIdle(browser: CDPSession): Promise<boolean> {
  const expression = `(${idle})().then(${isDrawn})`
  try {
    const { result } = await browser.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })
    return result.value === true
  } catch {
    return false
  }
}

/**
 * What has been asked for is there, and drawn, and nothing more is asked for because of it.
 * @throws Error that the page is not watched, or what is still asked for after a minute
 */
export async function settled(page: Page): Promise<void> {
  const watched = watches.get(page)
  if (watched === undefined) throw new Error('this page is not watched: nobody knows what it has asked for')
  const { browser, open } = watched
  for (let isSettled = false; !isSettled; ) {
    await page.waitForFunction(isDrawn)
    await until(() => open.size === 0, 'what a page has asked for')
    const { begun } = watched
    // By the way by which the browser tells of requests as well: it has told of each that was begun before it answers this.
    isSettled = (await isDrawnWhenIdle(browser)) && open.size === 0 && begun === watched.begun
  }
}
