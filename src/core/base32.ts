const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Bytes in base32 (RFC 4648) without padding: what authenticator apps take, and what a person can type. */
export function base32(bytes: Uint8Array): string {
  let [text, bits, held] = ['', 0, 0]
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text += DIGITS[(held >>> (bits - 5)) & 31]
  }
  return bits > 0 ? text + DIGITS[(held << (5 - bits)) & 31] : text
}

/** The bytes of such a text, in either letter case. What is none of its digits counts as nothing. */
export function fromBase32(text: string): Buffer {
  let [bits, held] = [0, 0]
  const bytes: number[] = []
  for (const digit of text.toUpperCase()) {
    const value = DIGITS.indexOf(digit)
    if (value < 0) continue
    held = ((held << 5) | value) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((held >>> bits) & 0xff)
  }
  return Buffer.from(bytes)
}
