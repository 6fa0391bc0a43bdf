import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What a browser and a device do with a passkey (ES256, no attestation), as options that the server gives ask it to. */
export class SoftPasskey {
  readonly id: Buffer
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  /** Signatures so far; it does not count where it stays 0. */
  counter = 0

  /** @param bytes of its name */
  constructor(bytes = 16) {
    this.id = randomBytes(bytes)
  }

  /** What it gives when it is made. @param format of what it says of its maker, who is asked for nothing: `x` */
  made({ challenge, rp }: { challenge: string; rp: { id: string } }, origin = ORIGIN, format = 'none') {
    const credential = Buffer.concat([Buffer.alloc(16), two(this.id.length), this.id, coseOf(this.#keys.publicKey)])
    const data = Buffer.concat([this.#data(rp.id, PRESENT | ATTESTED), credential])
    const object = Buffer.concat([
      Buffer.from([0xa3]),
      ...[text('fmt'), text(format), text('attStmt'), statementOf(format), text('authData')],
      ...[Buffer.from([0x59]), two(data.length), data],
    ])
    return {
      client_data: clientData('webauthn.create', challenge, origin).toString('base64url'),
      attestation_object: object.toString('base64url'),
      transports: ['internal'],
    }
  }

  /** What it gives when it is shown. @param flags what it says of who was there */
  shown({ challenge, rpId }: { challenge: string; rpId: string }, origin = ORIGIN, flags = PRESENT) {
    if (this.counter > 0) this.counter++
    const client = clientData('webauthn.get', challenge, origin)
    const data = this.#data(rpId, flags)
    const signature = sign('sha256', Buffer.concat([data, sha256(client)]), this.#keys.privateKey)
    return {
      id: this.id.toString('base64url'),
      client_data: client.toString('base64url'),
      authenticator_data: data.toString('base64url'),
      signature: signature.toString('base64url'),
    }
  }

  #data(rpId: string, flags: number) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(this.counter)
    return Buffer.concat([sha256(Buffer.from(rpId)), Buffer.from([flags]), counter])
  }
}

/** The host and the origin of the tests' servers, where passkeys are offered. */
export const ORIGIN = 'http://localhost:8080'
const PRESENT = 1
const ATTESTED = 0x40

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest()
const clientData = (type: string, challenge: string, origin: string) =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }))

/* As much of CBOR as there is in a passkey. */
const text = (value: string) => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)])
/** `{}`, or `{ x5c: [x] }` */
const statementOf = (format: string) =>
  format === 'none'
    ? Buffer.from([0xa0])
    : Buffer.concat([Buffer.from([0xa1]), text('x5c'), Buffer.from([0x81, 0x41]), Buffer.from('x')])
function two(value: number) {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

/** `{ 1: 2, 3: -7, -1: 1, -2: x, -3: y }` */
function coseOf(key: KeyObject) {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const coordinate = (name: number, value: string) =>
    Buffer.concat([Buffer.from([name, 0x58, 32]), Buffer.from(value, 'base64url')])
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01]),
    coordinate(0x21, x),
    coordinate(0x22, y),
  ])
}
