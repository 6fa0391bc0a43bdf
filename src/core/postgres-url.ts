/** How TLS is spoken with PostgreSQL. */
export type PostgresTls = Readonly<{
  /** Who may answer: anybody; whoever has a certificate of the authority; only one for the name that was called. */
  verify: 'nobody' | 'authority' | 'name'
  /** Paths of PEM files. Without an authority of the operator's own it is those that Node.js trusts. */
  authority: string | null
  certificate: string | null
  key: string | null
}>

/** A URL of PostgreSQL without what it said of TLS; `tls` null: plain text; undefined: it said nothing. */
export type PostgresUrl = Readonly<{ url: string; tls?: PostgresTls | null }>

const OURS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'ssl', 'uselibpqcompat']

/**
 * Reads what a URL says of TLS as PostgreSQL's own programs do: `sslmode`, and the files that `sslrootcert`, `sslcert` and `sslkey`
 * name. The driver's own reading takes `require` for `verify-full`.
 * @throws an Error in words, which never repeats the URL
 */
export function readPostgresUrl(given: string): PostgresUrl {
  const url = new URL(given)
  const said = (name: string) => url.searchParams.get(name) || null
  if (!OURS.some((name) => url.searchParams.has(name))) return { url: given }
  const [authority, certificate, key] = [said('sslrootcert'), said('sslcert'), said('sslkey')]
  const mode = said('sslmode') ?? modeOf(said('ssl'), [authority, certificate, key])
  for (const name of OURS) url.searchParams.delete(name)
  if (mode === null) return { url: url.href }
  const own = authority === 'system' ? null : authority
  if ((certificate === null) !== (key === null)) throw new Error('of sslcert and sslkey there must be both or none')
  if (mode === 'disable') return { url: url.href, tls: null }
  return { url: url.href, tls: { verify: verification(mode, own), authority: own, certificate, key } }
}

/** Where no `sslmode` says it: files are there to be used, and the driver's `ssl=true` verifies. */
function modeOf(ssl: string | null, files: readonly (string | null)[]): string | null {
  if (ssl !== null && ssl !== 'true' && ssl !== '1') throw new Error('ssl is none of true and 1: say sslmode instead')
  return ssl !== null || files.some((file) => file !== null) ? 'verify-full' : null
}

function verification(mode: string, authority: string | null): PostgresTls['verify'] {
  if (mode === 'verify-full') return 'name'
  if (mode === 'require') return authority === null ? 'nobody' : 'authority'
  if (mode === 'allow' || mode === 'prefer') {
    throw new Error(`sslmode=${mode} would go on in plain text where no TLS is offered: say disable or require`)
  }
  if (mode !== 'verify-ca') throw new Error('sslmode is none of disable, require, verify-ca and verify-full')
  if (authority === null) throw new Error('sslmode=verify-ca needs a file in sslrootcert')
  return 'authority'
}
