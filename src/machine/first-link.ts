import { firstOwnersLink } from '../admin/first-link.ts'
import type { Config } from '../config/settings.ts'
import type { Machine } from './open.ts'
import type { Tools } from './tools.ts'

/**
 * Where the console is served and nobody could sign in to it, the link by which its first owner sets a password.
 * @param url the listener's address, where no public one is known
 */
export async function createFirstLink(
  { doors, console, oidc, publicUrl }: Pick<Config, 'doors' | 'console' | 'oidc' | 'publicUrl'>,
  { newId, now }: Tools,
  { db }: Pick<Machine, 'db'>,
  url: string,
): Promise<string | null> {
  if (!doors.includes('console') || !console.localSignIn) return null
  const token = await firstOwnersLink({ db, newId }, oidc?.issuer ?? null, Math.floor(now() / 1000))
  return token && `${publicUrl ?? url}/sign-in/link#${token}`
}
