import { Button } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { placeToReturn } from './back.ts'

/** Leads to the provider by which people sign in here, and back to the place that they came for. */
export function WithProvider({ issuer, isOnly }: { issuer: string; isOnly: boolean }) {
  const { next, organization } = useSearch({ from: '/sign-in' })
  const search = new URLSearchParams({ next: placeToReturn(next) })
  if (organization !== undefined) search.set('organization_id', organization)
  return (
    <Button component="a" href={`/sign-in/oidc?${search}`} variant={isOnly ? 'filled' : 'default'} size="sm" fullWidth>
      Continue with {new URL(issuer).hostname}
    </Button>
  )
}

/** What the address can say of a sign-in that did not work. No words of the address itself are shown: anybody can have written it. */
const why: Record<string, string> = {
  no_member:
    'You are signed in at the provider, but you are no user of an organization here. Ask an owner to invite you, with the e-mail address that the provider has.',
  unverified_address:
    'The provider does not say that your e-mail address is yours. Have it verified there, then try again.',
  other_account:
    'The user with your e-mail address signs in here with another account of the provider. If both are you, ask an owner to remove that user and to invite you again.',
  not_proven: 'That sign-in was not completed, or took too long, or was begun in another browser. Please begin again.',
  provider_down:
    'The provider does not answer right now. Try again in a while; who runs this server finds in its log why.',
  too_many: 'Too many are signing in, or too many attempts have failed. Please try again in a minute.',
  unavailable: 'This server cannot reach its database right now. Please try again shortly.',
  internal: 'Something went wrong on this server. Please try again; who runs it finds in its log why.',
}

/** Says why a sign-in with the provider did not work, if one has just not. */
export function NotLetIn() {
  const { failed } = useSearch({ from: '/sign-in' })
  if (failed === undefined || !Object.hasOwn(why, failed)) return null
  return (
    <div className="notice bad" role="alert">
      {why[failed]}
    </div>
  )
}
