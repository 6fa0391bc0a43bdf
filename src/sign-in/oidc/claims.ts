/** What of a provider's word counts. */
export type Rules = {
  scopes: readonly string[]
  groupsClaim: string | null
  groups: Readonly<Record<string, string>>
  unknownUsers: 'refuse' | 'reader'
}

/** Who somebody is, as the provider says it. */
export type Claims = {
  /** By which the provider never calls anybody else. */
  subject: string
  /** Null: it says none that can be one. */
  email: string | null
  /** Whether it says that the address is theirs. */
  isVerified: boolean
  name: string | null
  /** The organization's groups that the operator has its values stand for. */
  groupIds: ReadonlySet<string>
  /** Their session there, by which it may end it. */
  sid: string | null
}

const LONGEST_NAME = 255
const LONGEST_ADDRESS = 254

type Told = Readonly<Record<string, unknown>>

/**
 * @param signed what the provider has signed, which goes before
 * @param told what it answered besides, where it was asked
 */
export function claimsOf(signed: Told & { sub: string }, told: Told, { groupsClaim, groups }: Rules): Claims {
  const said: Told = { ...told, ...signed }
  const { name, sid } = said
  // That one of them calls an address verified is no word on the other's.
  const { email, email_verified } = signed.email_verified === undefined && told.email !== undefined ? told : signed
  const values = groupsClaim === null ? [] : [said[groupsClaim]].flat()
  const named = values.flatMap((value) =>
    typeof value === 'string' && Object.hasOwn(groups, value) ? groups[value] : [],
  )
  return {
    subject: signed.sub,
    email: typeof email === 'string' && isAddress(email) && staysItself(email) ? email : null,
    // Some write it as text.
    isVerified: email_verified === true || email_verified === 'true',
    name: typeof name === 'string' ? nameOf(name) : null,
    groupIds: new Set(named.filter((id) => id !== undefined)),
    sid: isNamed(sid) ? sid : null,
  }
}

/** What a provider calls somebody, or their session there: as long as it may be, in characters that can be kept. */
export const isNamed = (text: unknown): text is string =>
  typeof text === 'string' && /^[^\p{Cc}\p{Cs}]{1,255}$/u.test(text)

/** Some letters become plain ones where they are made small (the Kelvin sign a k): such an address would pass for somebody else's. */
const staysItself = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) === text.toLowerCase()

const isAddress = (text: string) =>
  text.length <= LONGEST_ADDRESS && /^[^\s@\p{Cc}\p{Cs}]+@[^\s@\p{Cc}\p{Cs}]+$/u.test(text)

function nameOf(text: string): string | null {
  const plain = text
    .trim()
    .slice(0, LONGEST_NAME)
    .replace(/[\p{Cc}\p{Cs}]/gu, ' ')
    .trim()
  return plain === '' ? null : plain
}
