/**
 * Page links as one opaque token: encrypted, so that it shows no search value, and authenticated,
 * so that nobody makes his own (decision 61). AES-256-GCM with a key that the store keeps.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16
const contentBytesMax = 1_000_000

/** The first byte of what is sealed. Only long content is worth deflating, which takes 25 µs. */
const forms = { plain: 0, deflated: 1 } as const
const plainBytesMax = 1000

/** Any JSON content as a token of base64url characters; `key` has 32 bytes. */
export function sealPageLink(key: Buffer, content: unknown): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, keyObjectOf(key), nonce)
  const text = packContent(Buffer.from(JSON.stringify(content)))
  const sealed = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()])
  return sealed.toString('base64url')
}

/** The content of a token sealed with this key; undefined for any other text. */
export function openPageLink(key: Buffer, token: string): unknown {
  if (!/^[A-Za-z0-9_-]+$/.test(token)) return undefined
  const sealed = Buffer.from(token, 'base64url')
  // Decoding passes over a character too many: only the text that was given out opens.
  if (sealed.length < nonceBytes + tagBytes || sealed.toString('base64url') !== token)
    return undefined
  const decipher = createDecipheriv(algorithm, keyObjectOf(key), sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  let text: Buffer
  try {
    const body = sealed.subarray(nonceBytes, -tagBytes)
    text = Buffer.concat([decipher.update(body), decipher.final()])
  } catch {
    return undefined // The only failure there is: the tag does not belong to the rest.
  }
  return JSON.parse(unpackContent(text).toString())
}

function packContent(bytes: Buffer): Buffer {
  const isPlain = bytes.length <= plainBytesMax
  const form = isPlain ? forms.plain : forms.deflated
  return Buffer.concat([Buffer.of(form), isPlain ? bytes : deflateRawSync(bytes)])
}

function unpackContent(packed: Buffer): Buffer {
  const bytes = packed.subarray(1)
  if (packed[0] === forms.plain) return bytes
  return inflateRawSync(bytes, { maxOutputLength: contentBytesMax })
}

const keyObjects = new WeakMap<Buffer, KeyObject>()

/** A key that comes as bytes is prepared anew at every use, which takes longer than the rest. */
function keyObjectOf(key: Buffer): KeyObject {
  let object = keyObjects.get(key)
  if (!object) keyObjects.set(key, (object = createSecretKey(key)))
  return object
}
