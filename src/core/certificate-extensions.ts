/** An extension of a certificate: its value is DER itself. */
export type Extension = { critical: boolean; value: Buffer }

type Item = { tag: number; content: Buffer }

const BOOLEAN = 0x01
const CONSTRUCTED_3 = 0xa3

/**
 * The extensions of a certificate by object identifier (as hexadecimal DER, without tag and length). Node shows most of them
 * not at all, and a library that does takes 100 ms and 20 MB to load, which a call to a model should not pay.
 * @param raw the whole certificate in DER, which OpenSSL has read before
 * @returns null where it is not built as RFC 5280, 4.1 says, or names an extension twice
 */
export function extensionsOf(raw: Buffer): ReadonlyMap<string, Extension> | null {
  try {
    const [certificate] = itemsOf(raw)
    const [toBeSigned] = itemsOf(certificate?.content)
    const explicit = itemsOf(toBeSigned?.content).find(({ tag }) => tag === CONSTRUCTED_3)
    if (!explicit) return new Map()
    const [list] = itemsOf(explicit.content)
    const written = itemsOf(list?.content).map(readExtension)
    const found = new Map(written)
    return found.size === written.length ? found : null
  } catch (error) {
    if (error instanceof BadDer) return null
    throw error
  }
}

/** Whether the first byte of a bit string has these bits, as in the extension for key usage. */
export function hasBits(bitString: Buffer, bits: number): boolean {
  const first = bitString[0] === 0x03 ? (bitString[3] ?? 0) : 0
  return (first & bits) === bits
}

function readExtension({ content }: Item): [string, Extension] {
  const parts = itemsOf(content)
  const [oid, second] = parts
  const value = parts.at(-1)
  if (!oid || !value || value === oid) throw new BadDer()
  const critical = second?.tag === BOOLEAN && second.content[0] !== 0
  return [oid.content.toString('hex'), { critical, value: value.content }]
}

class BadDer extends Error {}

/** What stands one after the other in these bytes. */
function itemsOf(der: Buffer | undefined): Item[] {
  if (der === undefined) throw new BadDer()
  const items: Item[] = []
  for (let at = 0; at < der.length; ) {
    const tag = der[at] ?? 0
    let length = der[at + 1]
    let start = at + 2
    if (length !== undefined && length >= 0x80) {
      const bytes = length & 0x7f
      // A certificate is far below 16 MB.
      if (bytes < 1 || bytes > 3 || start + bytes > der.length) throw new BadDer()
      length = der.readUIntBE(start, bytes)
      start += bytes
    }
    if (length === undefined || start + length > der.length) throw new BadDer()
    items.push({ tag, content: der.subarray(start, start + length) })
    at = start + length
  }
  return items
}
