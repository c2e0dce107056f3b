/** The server's base URL, put into stored bytes as they are sent, so that `BASE_URL` may change. */

/** The bytes to send: `baseUrl` (without a trailing slash) put in at each slot. */
export function renderSlots(body: Buffer, slots: readonly number[], baseUrl: string): Buffer {
  if (slots.length === 0) return body
  const url = Buffer.from(baseUrl)
  const rendered = Buffer.allocUnsafe(body.length + slots.length * url.length)
  let from = 0
  let to = 0
  for (const slot of slots) {
    to += body.copy(rendered, to, from, slot)
    to += url.copy(rendered, to)
    from = slot
  }
  body.copy(rendered, to, from)
  return rendered
}
