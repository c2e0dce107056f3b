/** A body as it arrives, and a small one whole. */
import { TooLarge } from '../errors.ts'

/**
 * Hands on each chunk in turn. Not `for await`, which destroys the stream when the work throws, and
 * with it the connection that the answer still has to go out on.
 */
export async function readChunks(
  chunks: AsyncIterable<Uint8Array>,
  take: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]()
  for (;;) {
    const { done, value } = await iterator.next()
    if (done) return
    await take(value)
  }
}

/** Throws TooLarge as soon as the body passes the limit. */
export async function readBytes(
  chunks: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  await readChunks(chunks, (chunk) => {
    size += chunk.length
    if (size > bytesMax)
      throw new TooLarge(`The body has more than the ${bytesMax} bytes that are accepted`)
    parts.push(chunk)
  })
  return Buffer.concat(parts)
}
