/** Some element of DER (X.690) and what is in it. */
export type Item = { tag: number; content: Buffer }

export const BOOLEAN = 0x01
export const BIT_STRING = 0x03
export const OCTET_STRING = 0x04
export const OBJECT_IDENTIFIER = 0x06
export const SEQUENCE = 0x30

/** Thrown for bytes that are not DER, or not the DER that was asked for. */
export class BadDer extends Error {}

/**
 * The elements that stand one after the other in these bytes, as views of them: one pass, and nothing is read of what is
 * within them. What only BER allows (lengths without an end or longer than need be) is refused.
 * @throws BadDer
 */
export function itemsOf(der: Buffer): Item[] {
  const items: Item[] = []
  for (let at = 0; at < der.length; ) {
    const tag = der[at] ?? 0
    // Tags of more than one byte have no place in a certificate.
    if ((tag & 0x1f) === 0x1f) throw new BadDer()
    const { length, start } = lengthAt(der, at + 1)
    if (start + length > der.length) throw new BadDer()
    items.push({ tag, content: der.subarray(start, start + length) })
    at = start + length
  }
  return items
}

/** The content of the one element that these bytes are. @throws BadDer where they are not one of this tag */
export function contentOf(der: Buffer, tag: number): Buffer {
  const [item, ...others] = itemsOf(der)
  if (item?.tag !== tag || others.length > 0) throw new BadDer()
  return item.content
}

/** @throws BadDer where it is not the content of a boolean */
export function isTrue(content: Buffer): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new BadDer()
  return content[0] === 0xff
}

/** The length that is written at `at`, and where what is so long starts. */
function lengthAt(der: Buffer, at: number): { length: number; start: number } {
  const first = der[at]
  if (first === undefined) throw new BadDer()
  if (first < 0x80) return { length: first, start: at + 1 }
  const bytes = first & 0x7f
  const start = at + 1 + bytes
  // A certificate is far below 16 MB.
  if (bytes < 1 || bytes > 3 || start > der.length) throw new BadDer()
  const length = der.readUIntBE(at + 1, bytes)
  if (length < 0x80 || length < 256 ** (bytes - 1)) throw new BadDer()
  return { length, start }
}
