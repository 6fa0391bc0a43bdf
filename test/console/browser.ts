import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { isConsoleBuilt } from '../../src/config/doors.ts'
import { watch } from './settled.ts'

export { settled } from './settled.ts'

const folders = (process.env.PATH ?? '').split(delimiter)
// The same engine without windows and their menus, which nobody looks at here, takes a third less: where it is installed it is used.
const found = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => folders.map((folder) => join(folder, name)))
  .find((path) => existsSync(path))

/** Why what needs a browser is left out here; false where it is not. */
export const skip: string | false = !isConsoleBuilt()
  ? 'the console is not built: npm run console'
  : found === undefined && 'there is no chromium (Debian: apt-get install chromium-headless-shell)'

/** The system's own Chromium: none is downloaded. @param without what it is begun with for tests otherwise */
export const openBrowser = (without: string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: found ?? '',
    ignoreDefaultArgs: without,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-dev-shm-usage',
      '--font-render-hinting=none',
      // Where there is no graphics card it would do all that one does on the processor, which takes as long as the rest of a page.
      '--disable-gpu',
      '--disable-software-rasterizer',
    ],
  })

export type Scheme = 'light' | 'dark'
export const PHONE = { width: 375, height: 740 }
export const DESK = { width: 1280, height: 800 }

/** A page of its own (no cookies of others), and all that it complains of. */
export async function openPage(browser: Browser, url: string, scheme: Scheme = 'light', viewport = DESK) {
  const context = await browser.newContext({
    ...{
      baseURL: url,
      colorScheme: scheme,
      viewport,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
    },
  })
  const page = await watch(await context.newPage())
  page.setDefaultTimeout(120_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`${error}`))
  page.on('console', (message) => {
    // What the server refuses on purpose the browser tells as well: that is no complaint of the page.
    if (message.type() !== 'error' && message.type() !== 'warning') return
    if (!message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  await page.exposeFunction('complain', (complaint: string) => complaints.push(complaint))
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) =>
      Reflect.get(globalThis, 'complain')(`policy: ${violatedDirective} ${blockedURI} ${sourceFile}`),
    )
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) complaints.push(`asked ${request.url()}`)
  })
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() }
}
