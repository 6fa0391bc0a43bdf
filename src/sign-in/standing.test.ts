import assert from 'node:assert/strict'
import { test } from 'node:test'
import { standingOf } from './standing.ts'

const PROVIDER = 'https://id.example'

test('a session counts where people sign in as it was begun, with all that is asked of everybody since', () => {
  for (const local of [true, false]) {
    for (const issuer of [null, PROVIDER, 'https://other.example']) {
      for (const asksForFactor of [true, false]) {
        for (const second_factor_required_at of [null, 1]) {
          const taken = { local, issuer, asksForFactor }
          const isAsked = asksForFactor || second_factor_required_at !== null
          const standing = (oidc_issuer: string | null, second_factor: 'code' | 'provider' | null) =>
            standingOf({ oidc_issuer, second_factor, second_factor_required_at }, taken)
          const bare = isAsked ? 'lacks_factor' : 'counts'
          assert.equal(standing(null, null), local ? bare : 'not_taken')
          assert.equal(standing(null, 'code'), local ? 'counts' : 'not_taken')
          assert.equal(standing(PROVIDER, 'provider'), issuer === PROVIDER ? 'counts' : 'not_taken')
        }
      }
    }
  }
})
