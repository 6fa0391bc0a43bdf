import { stat } from 'node:fs/promises'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { watch } from '../../test/console/settled.ts'
import { median } from '../statistics.ts'

/** The cookies of somebody who has signed in. */
export type State = Awaited<ReturnType<BrowserContext['storageState']>>
export type At = { browser: Browser; url: string; state: State }

export const say = (text: string) => void process.stdout.write(`${text}\n`)

/** Bytes of a file as it is sent with gzip. */
export const sizeOf = async (file: string): Promise<number> => (await stat(`${file}.gz`).catch(() => stat(file))).size

/** In a browser that knows nothing but who is signed in. */
export async function fresh<T>({ browser, url, state }: At, use: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({
    baseURL: url,
    storageState: state,
    viewport: { width: 1280, height: 800 },
  })
  try {
    const page = await watch(await context.newPage())
    page.setDefaultTimeout(120_000)
    return await use(page)
  } finally {
    await context.close()
  }
}

/** In the page: milliseconds from its beginning until so many of these are drawn. */
export const shows = ({ selector, count }: { selector: string; count: number }) =>
  new Promise<number>((is) => {
    const look = () => {
      if (document.querySelectorAll(selector).length < count) requestAnimationFrame(look)
      else requestAnimationFrame(() => setTimeout(() => is(performance.now())))
    }
    look()
  })

/** In the page: milliseconds from its beginning until the browser painted something of it, which it may tell later. */
export const painted = () =>
  new Promise<number>((is) => {
    const seen = new PerformanceObserver((list) => {
      for (const { startTime } of list.getEntriesByName('first-contentful-paint')) is(startTime)
    })
    seen.observe({ type: 'paint', buffered: true })
  })

export const verdict = (figure: number, most: number) => (figure < most ? 'held' : 'MISSED')

/** A line of the result, by the median. */
export function tell(what: string, times: readonly number[], most: number) {
  const [middle, slowest] = [median([...times]), Math.max(...times)]
  const each = `median ${middle.toFixed(0).padStart(5)} ms, slowest ${slowest.toFixed(0).padStart(5)} ms`
  say(`  ${what.padEnd(74)} ${each}   target ${most} ms   ${verdict(middle, most)}`)
}
