import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WWWAuthenticateChallengeError } from 'openid-client'
import { failureOf, ProviderDown } from './failure.ts'

test('of a provider that does not take the secret of this server the log says so, though the provider says it in no words', () => {
  const response = new Response(null, { status: 401 })
  const cause = [{ scheme: 'basic' as const, parameters: { realm: 'provider' } }]
  const failure = failureOf(new WWWAuthenticateChallengeError('server responded with a challenge', { cause, response }))
  assert.ok(failure instanceof ProviderDown && failure.isNews)
  assert.match(failure.message, /a challenge: it does not take the client id and secret of this server/)
})
