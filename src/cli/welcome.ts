import type { App } from '../app.ts'
import type { Config } from '../config/settings.ts'

type Started = Pick<App, 'url' | 'firstKey' | 'firstLink'>

/** What a start says to who sees it; null: nothing. A key that the operator chose is not printed back. */
export function welcome({ url, firstKey, firstLink }: Started, { adminKey, doors }: Config): string | null {
  const said = [
    ...(firstKey === null ? [] : [keyIn(firstKey, adminKey !== null)]),
    ...(firstKey === null || !doors.includes('admin') ? [] : [tryIt(url, adminKey === null ? firstKey : null)]),
    ...(firstLink === null ? [] : [`Set the first owner's password here, within a day and once:\n\n  ${firstLink}`]),
  ]
  return said.length === 0 ? null : `\nGatehouse is ready on ${url}. ${said.join('\n\n')}\n`
}

const keyIn = (key: string, chosen: boolean) =>
  chosen
    ? 'The first admin key is the one in GATEHOUSE_ADMIN_KEY.'
    : `The first admin key, shown this once:\n\n  ${key}`

const tryIt = (url: string, key: string | null) =>
  `Try it:\n\n  curl ${url}/v1/organization/projects -H "Authorization: Bearer ${key ?? '$GATEHOUSE_ADMIN_KEY'}"`
