import { BadDer, contentOf, itemsOf, OBJECT_IDENTIFIER, SEQUENCE } from './der.ts'

/**
 * What a signature may be made with, by object identifier as hexadecimal DER: the algorithms whose hash holds. Not among them
 * are MD2, MD4, MD5 and SHA-1, with which somebody else's certificate can be made to fit a signature, and what is unknown here.
 */
const holding: ReadonlySet<string> = new Set([
  // RSA with SHA-224, 256, 384, 512, 512/224 and 512/256.
  ...['0e', '0b', '0c', '0d', '0f', '10'].map((last) => `2a864886f70d0101${last}`),
  // ECDSA with SHA-224, 256, 384 and 512.
  ...['01', '02', '03', '04'].map((last) => `2a8648ce3d0403${last}`),
  // DSA with SHA-2, all with SHA-3, and ML-DSA.
  ...Array.from({ length: 19 }, (_, index) => `6086480165030403${(index + 1).toString(16).padStart(2, '0')}`),
  // Ed25519 and Ed448.
  ...['2b6570', '2b6571'],
])

const RSA_PSS = '2a864886f70d01010a'
/** SHA-224 to SHA-512/256, and SHA-3. */
const holdingHash = /^6086480165030402(0[1-9a])$/
const HASH = 0xa0

/** Whether a certificate is signed with an algorithm that still holds. @param raw the whole certificate in DER */
export function isSignedToHold(raw: Buffer): boolean {
  try {
    const [, algorithm] = itemsOf(contentOf(raw, SEQUENCE))
    if (algorithm?.tag !== SEQUENCE) return false
    const { oid, parameters } = algorithmOf(algorithm.content)
    return oid === RSA_PSS ? holdingHash.test(hashOf(parameters)) : holding.has(oid)
  } catch (error) {
    if (error instanceof BadDer) return false
    throw error
  }
}

function algorithmOf(content: Buffer): { oid: string; parameters: Buffer } {
  const [oid, parameters] = itemsOf(content)
  if (oid?.tag !== OBJECT_IDENTIFIER) throw new BadDer()
  return { oid: oid.content.toString('hex'), parameters: parameters?.content ?? Buffer.alloc(0) }
}

/** The hash that RSASSA-PSS names; left out it is SHA-1 (RFC 4055, 3.1). */
function hashOf(parameters: Buffer): string {
  const explicit = itemsOf(parameters).find(({ tag }) => tag === HASH)
  return explicit ? algorithmOf(contentOf(explicit.content, SEQUENCE)).oid : 'SHA-1'
}
