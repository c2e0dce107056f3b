/** A small body whole. */
import { TooLarge } from '../errors.ts'

/** Throws TooLarge as soon as the body passes the limit. */
export async function readBytes(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > bytesMax)
      throw new TooLarge(`The body has more than the ${bytesMax} bytes that are accepted`)
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}
