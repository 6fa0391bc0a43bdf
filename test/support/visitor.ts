import type { TestApp } from './harness.ts'
import { PUBLIC_URL } from './provider.ts'
import { CONSOLE } from './signing-in.ts'

/** Keeps cookies of a server and of its provider, and goes where it is led: as much of a browser as signing in needs. */
export class Visitor {
  readonly #app: TestApp
  readonly ours = new Map<string, string>()
  readonly theirs = new Map<string, string>()

  constructor(app: TestApp) {
    this.#app = app
  }

  /** Visits an address. @returns where it leads */
  async visit(address: string): Promise<string> {
    const isOurs = address.startsWith('/') || address.startsWith(PUBLIC_URL)
    const jar = isOurs ? this.ours : this.theirs
    const url = isOurs ? this.#app.url + address.replace(PUBLIC_URL, '') : address
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { headers: { ...(cookie && { cookie }) }, redirect: 'manual' })
    for (const set of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = set.split(';')
      const at = pair.indexOf('=')
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
      if (value === '' || attributes.some((one) => one.trim() === 'Max-Age=0')) jar.delete(name)
      else jar.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`${address} leads nowhere: ${response.status} ${await response.text()}`)
    return isOurs ? location : `${new URL(location, url)}`
  }

  /** Goes through the provider, from what begins a sign-in. @returns the address of this server that it leads back to */
  async through(address: string): Promise<string> {
    let at = address
    while (!at.startsWith(PUBLIC_URL)) at = await this.visit(at)
    return at
  }

  /** Signs in. @returns where that leads */
  async signIn(path = '/sign-in/oidc'): Promise<string> {
    const away = await this.visit(path)
    return away.startsWith('/') ? away : this.visit(await this.through(away))
  }

  /** Asks with the session. */
  ask(path: string) {
    const cookie = [...this.ours].map(([name, value]) => `${name}=${value}`).join('; ')
    return this.#app.send('GET', path, { key: null, headers: { ...CONSOLE, cookie } })
  }
}
