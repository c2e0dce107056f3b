/** Who is calling, from the headers alone. RFC 6750 §2.1: in the Authorization header, nowhere else. */
import type { IncomingHttpHeaders } from 'node:http'
import { invalidToken } from './bearer-errors.ts'
import { anonymousCaller, type Caller } from './caller.ts'
import type { TokenReader } from './token-reader.ts'

export type Authenticate = (headers: IncomingHttpHeaders) => Caller | Promise<Caller>

const bearer = /^Bearer +([A-Za-z0-9._~+/-]{20,256}=*)$/i

/** A promise only for a token that was not seen before. Throws NotAuthenticated for a bad one. */
export function createAuthenticate({ read }: Pick<TokenReader, 'read'>): Authenticate {
  return ({ authorization }) => {
    if (authorization === undefined) return anonymousCaller
    const [, token] = bearer.exec(authorization) ?? []
    if (token === undefined) throw invalidToken()
    const caller = read(token)
    return caller instanceof Promise ? caller.then(requireCaller) : requireCaller(caller)
  }
}

function requireCaller(caller: Caller | undefined): Caller {
  if (!caller) throw invalidToken()
  return caller
}
