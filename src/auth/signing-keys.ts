/** Keys that sign: made on the first start of the sandbox and kept; given by the operator otherwise. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import { keyOf, type AuthStore } from './store-port.ts'

/** Begins the key id of every key that the sandbox made, so that production can refuse it. */
export const sandboxKeyPrefix = 'sandbox-'

/** A private key made once under this name and kept with the data. */
export async function loadOrMakeKey(
  store: AuthStore,
  name: string,
  alg: 'RS256' | 'RS384' | 'ES384',
): Promise<JWK> {
  const key = keyOf(`${name} ${alg}`)
  const record = await store.find('SandboxKey', key)
  if (record) return record.payload as JWK
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const jwk = await exportJWK(privateKey)
  const kid = `${sandboxKeyPrefix}${(await calculateJwkThumbprint(jwk)).slice(0, 16)}`
  const made = { ...jwk, kid, alg, use: 'sig' }
  // Of two starts at once, the second takes the first one's key.
  if (await store.insert({ kind: 'SandboxKey', key, payload: made })) return made
  return (await store.find('SandboxKey', key))!.payload as JWK
}

export function publicKeyOf(jwk: JWK): JWK {
  const publicParts = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg', 'use'] as const
  return Object.fromEntries(
    publicParts.flatMap((part) => (jwk[part] === undefined ? [] : [[part, jwk[part]]])),
  ) as unknown as JWK
}

/** What is wrong with keys given for production, a sentence each; none when they can be used. */
export function findKeyProblems(keys: readonly JWK[]): readonly string[] {
  const problems: string[] = []
  if (!keys.some(({ kty, d }) => kty === 'RSA' && d !== undefined)) {
    problems.push('hold no private RSA key to sign id_tokens with (RS256)')
  }
  for (const { kid, kty, n } of keys) {
    if (kid === undefined) problems.push('hold a key without "kid"')
    else if (kid.startsWith(sandboxKeyPrefix)) problems.push(`hold the demonstration key ${kid}`)
    if (kty === 'oct') problems.push('hold a symmetric key')
    // 2048 bits are 256 bytes, 342 characters of base64url.
    if (kty === 'RSA' && (n?.length ?? 0) < 341) problems.push('hold an RSA key below 2048 bits')
  }
  return problems
}
