import {
  BadDer,
  BIT_STRING,
  BOOLEAN,
  contentOf,
  type Item,
  isTrue,
  itemsOf,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  SEQUENCE,
} from './der.ts'

/** An extension of a certificate: its value is DER itself. */
export type Extension = { critical: boolean; value: Buffer }

/**
 * The extensions whose meaning is known here, or does not bear on what is asked of a certificate: their object identifiers,
 * as `extensionsOf` writes them.
 */
export const oids = {
  subjectKeyIdentifier: '551d0e',
  keyUsage: '551d0f',
  subjectAlternativeName: '551d11',
  basicConstraints: '551d13',
  revocationLists: '551d1f',
  policies: '551d20',
  authorityKeyIdentifier: '551d23',
  extendedKeyUsage: '551d25',
} as const

/** Bits of the key usage's first byte (RFC 5280, 4.2.1.3). */
export const usages = { digitalSignature: 0x80, keyEncipherment: 0x20, keyCertSign: 0x04, cRLSign: 0x02 } as const

const [KEY_IDENTIFIER, ISSUER, SERIAL_NUMBER, EXPLICIT_EXTENSIONS] = [0x80, 0xa1, 0x82, 0xa3]

/**
 * The extensions of a certificate by object identifier (as hexadecimal DER, without tag and length): Node shows most of them
 * not at all.
 * @param raw the whole certificate in DER
 * @returns null where it is not built as RFC 5280, 4.1 says, or names an extension twice
 */
export function extensionsOf(raw: Buffer): ReadonlyMap<string, Extension> | null {
  return orNull(() => {
    const [toBeSigned] = itemsOf(contentOf(raw, SEQUENCE))
    if (toBeSigned?.tag !== SEQUENCE) throw new BadDer()
    const explicit = itemsOf(toBeSigned.content).find(({ tag }) => tag === EXPLICIT_EXTENSIONS)
    const written = explicit ? itemsOf(contentOf(explicit.content, SEQUENCE)).map(readExtension) : []
    const found = new Map(written)
    if (found.size !== written.length) throw new BadDer()
    return found
  })
}

/** Extension: object identifier, whether it is critical (if it is), value. */
function readExtension({ tag, content }: Item): [string, Extension] {
  const [oid, ...rest] = tag === SEQUENCE ? itemsOf(content) : []
  const flag = rest[0]?.tag === BOOLEAN ? rest.shift() : undefined
  const [value, ...others] = rest
  if (oid?.tag !== OBJECT_IDENTIFIER || value?.tag !== OCTET_STRING || others.length > 0) throw new BadDer()
  return [oid.content.toString('hex'), { critical: flag !== undefined && isTrue(flag.content), value: value.content }]
}

/** Whether key usage, or another bit string, has these bits in its first byte; null where it is not written as DER has it. */
export function hasBits(bitString: Buffer, bits: number): boolean | null {
  return orNull(() => {
    const [unused = 8, ...bytes] = contentOf(bitString, BIT_STRING)
    const last = bytes.at(-1)
    if (unused > (last === undefined ? 0 : 7) || ((last ?? 0) & ((1 << unused) - 1)) !== 0) throw new BadDer()
    return ((bytes[0] ?? 0) & bits) === bits
  })
}

/** Whether basic constraints are those of a certificate authority; null where they are not readable. */
export function isAuthority(basicConstraints: Buffer): boolean | null {
  return orNull(() => {
    const [ca] = itemsOf(contentOf(basicConstraints, SEQUENCE))
    return ca?.tag === BOOLEAN && isTrue(ca.content)
  })
}

/** Whether a subject key identifier is there to compare; null where it is not readable. */
export function namesSubjectKey(subjectKeyIdentifier: Buffer): boolean | null {
  return orNull(() => contentOf(subjectKeyIdentifier, OCTET_STRING).length > 0)
}

/** Whether an authority key identifier names a key, and not only the authority's certificate; null where it is not readable. */
export function namesAuthorityKey(authorityKeyIdentifier: Buffer): boolean | null {
  return orNull(() => {
    const items = itemsOf(contentOf(authorityKeyIdentifier, SEQUENCE))
    const known = items.every(({ tag }) => tag === KEY_IDENTIFIER || tag === ISSUER || tag === SERIAL_NUMBER)
    if (!known) throw new BadDer()
    return items.some(({ tag, content }) => tag === KEY_IDENTIFIER && content.length > 0)
  })
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof BadDer) return null
    throw error
  }
}
