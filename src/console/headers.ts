/**
 * What a page of the console may do: load what this server has, ask this server, and nothing else. No script and no style stands in
 * the page itself, nothing makes markup of text (Trusted Types without any policy), and no other page shows it in a frame.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const always = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }

/** Of the page: never kept, so that it always names the files of the version that serves it. */
export const pageHeaders = {
  ...always,
  'content-security-policy': POLICY,
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** Of a file whose name says what is in it. */
export const assetHeaders = { ...always, 'cache-control': 'public, max-age=31536000, immutable' }
