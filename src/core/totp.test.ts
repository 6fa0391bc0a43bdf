import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base32, fromBase32 } from './base32.ts'
import { hashRecoveryCode, mintRecoveryCodes, typedCode } from './recovery-code.ts'
import { codeOf, isTotp, matchingStep, mintTotpSecret, stepAt } from './totp.ts'

/** RFC 6238's secret, and its times (appendix B) with the last six digits of its codes for SHA-1. */
const SECRET = base32(Buffer.from('12345678901234567890'))
const vectors: [at: number, code: string][] = [
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
]

test('codes are those that the RFC publishes', () => {
  assert.equal(SECRET, 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  for (const [at, code] of vectors) {
    assert.equal(codeOf(SECRET, stepAt(at)), code)
    assert.equal(matchingStep(SECRET, code, at, -1), stepAt(at))
  }
})

test("RFC 4648's texts in base32, there and back", () => {
  for (const [text, written] of [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const) {
    assert.equal(base32(Buffer.from(text)), written)
    assert.equal(fromBase32(written.toLowerCase()).toString(), text)
  }
  for (let i = 0; i < 256; i++) {
    const bytes = Buffer.from([i, 255 - i, i ^ 0x55, 7])
    assert.deepEqual(fromBase32(base32(bytes)), bytes)
  }
})

test('a code counts in its own thirty seconds and in those beside, and none that is not newer than the last', () => {
  const secret = mintTotpSecret()
  assert.match(secret, /^[A-Z2-7]{32}$/)
  const now = 1_700_000_010
  const step = stepAt(now)
  // Two codes of a secret can be the same by chance: what is told apart here is which of them counts.
  const codes = [-2, -1, 0, 1, 2].map((off) => codeOf(secret, step + off))
  assert.ok(codes.every(isTotp))
  for (const [i, code] of codes.entries()) {
    const found = matchingStep(secret, code, now, -1)
    if (i === 0 || i === 4) assert.ok(found === null || codes.slice(1, 4).includes(code))
    else assert.equal(codeOf(secret, found ?? assert.fail(`${i}`)), code)
  }
  assert.equal(matchingStep(secret, codes[1] ?? '', now, step + 1), null)
  assert.equal(matchingStep(secret, codes[3] ?? '', now, step + 1), null)
  assert.equal(matchingStep(secret, codes[3] ?? '', now, step), step + 1)
  for (const wrong of ['', '12345', '1234567', 'éééééé']) assert.equal(matchingStep(secret, wrong, now, -1), null)
})

test('recovery codes are ten, each of eighty random bits, and the same however they are typed', () => {
  const codes = mintRecoveryCodes()
  assert.equal(new Set(codes).size, 10)
  for (const code of codes) {
    assert.match(code, /^([a-z2-7]{4}-){3}[a-z2-7]{4}$/)
    assert.equal(hashRecoveryCode(` ${code.replaceAll('-', ' ').toUpperCase()}`), hashRecoveryCode(code))
    assert.ok(!isTotp(typedCode(code)))
  }
})
