import { type Config, originOf } from '../config/settings.ts'

/** A link to a page of the server. What it proves stands behind `#`, so that no log and no proxy sees it. */
export function linkOf({ publicUrl, tls, host, port }: Config, path: string, token: string): string {
  return `${publicUrl ?? originOf(tls !== null, host, port)}${path}#${token}`
}
