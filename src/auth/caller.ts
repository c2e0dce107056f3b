/** Who is calling. Made by authentication only; a request never changes it. */

export interface Caller {
  /** `open`: the one caller of AUTH=open (decision 66). Others come with access control. */
  readonly kind: 'open'
  readonly organization?: string
  readonly user?: string
  readonly client?: string
}

export const openCaller: Caller = { kind: 'open' }
