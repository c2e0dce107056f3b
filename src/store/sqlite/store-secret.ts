/** Keys derived from the one secret that is kept with the data. */
import { hkdfSync } from 'node:crypto'

export function deriveSecret(secret: Uint8Array, name: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), `passerelle ${name}`, 32))
}

/** The key of the hashes in the index tables. */
export function indexKey(secret: Uint8Array): Buffer {
  return deriveSecret(secret, 'index hashes')
}
