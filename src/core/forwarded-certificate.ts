import { X509Certificate } from 'node:crypto'
import { Bounded } from './bounded.ts'

/** Most certificates kept by the text they came in: reading one costs more than all else that is asked of a call. */
const KEPT = 500

const read = new Bounded<string, X509Certificate | null>(KEPT)

/**
 * The client certificate that a proxy's `x-forwarded-client-cert` holds, in any of three forms: Envoy's (elements with
 * `Cert="..."` or `Chain="..."`), a URL-encoded PEM alone (nginx's `$ssl_client_escaped_cert`), or its DER in base64 alone
 * (HAProxy, Caddy). Of several elements the last counts: the nearest proxy wrote it, and who wrote the others is not known.
 * @returns null where it holds none that can be read; an element with a certificate's hash only holds none
 */
export function forwardedCertificate(header: string): X509Certificate | null {
  const before = read.get(header)
  if (before !== undefined) return before
  const text = certificateText(header.slice(lastSeparator(header, ',') + 1).trim())
  const certificate = text === null ? null : parse(text)
  read.set(header, certificate)
  return certificate
}

function certificateText(element: string): string | Buffer | null {
  if (/^-----BEGIN/.test(element)) return decoded(element)
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(element)) return Buffer.from(element, 'base64')
  const pairs = pairsOf(element)
  const named = (name: string) => pairs.filter(([key]) => key === name).map(([, value]) => value)
  const [certificate, ...more] = named('cert')
  if (certificate !== undefined) return more.length === 0 ? decoded(certificate) : null
  // The chain begins with the client's own.
  const [chain, ...others] = named('chain')
  return chain !== undefined && others.length === 0 ? decoded(chain) : null
}

/** Most pairs of an element: Envoy knows eight. */
const MOST_PAIRS = 32

/** Envoy's `Key=value;Key="value"`; keys in any case. None where there are more than any proxy writes. */
function pairsOf(element: string): [key: string, value: string][] {
  const pairs: [string, string][] = []
  for (let end = element.length; end >= 0; ) {
    if (pairs.length >= MOST_PAIRS) return []
    const at = lastSeparator(element.slice(0, end), ';')
    const pair = element.slice(at + 1, end).trim()
    end = at
    const [, key = '', quoted, bare = ''] = /^([A-Za-z]+)=(?:"(.*)"|([^"]*))$/s.exec(pair) ?? []
    pairs.push([key.toLowerCase(), quoted ?? bare])
  }
  return pairs
}

/**
 * Where the last separator stands that is not inside quotes; -1 where there is none. Read from the end: what stands in front
 * was perhaps written by a stranger, and a quote of theirs that is never closed must not change what is inside and what is
 * outside.
 */
function lastSeparator(text: string, separator: ',' | ';'): number {
  let quoted = false
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === '"' && !isEscaped(text, at)) quoted = !quoted
    else if (text[at] === separator && !quoted) return at
  }
  return -1
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function parse(text: string | Buffer): X509Certificate | null {
  try {
    return new X509Certificate(text)
  } catch {
    return null
  }
}
