/** The document of a plan of the crash test: a row for most, a file for every fourth. */
export function crashContent(name: string): readonly string[] {
  const count = Number(name.slice(name.lastIndexOf('-') + 1))
  return [`bytes of ${name} `, name.repeat(count % 4 === 0 ? 15_000 : 1000)]
}
