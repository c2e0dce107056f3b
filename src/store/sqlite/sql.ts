/** SQL as text with its values beside it, so that no value ever becomes text. */

export type SqlValue = number | bigint | string | Uint8Array | null

export interface Sql {
  readonly text: string
  readonly values: readonly SqlValue[]
}

const noValues: readonly SqlValue[] = []

/** Parts that are Sql are put in as they are; any other part becomes `?`. */
export function sql(strings: TemplateStringsArray, ...parts: readonly (Sql | SqlValue)[]): Sql {
  let text = strings[0]!
  const values: SqlValue[] = []
  // Plain loops: a search is put together from a hundred of these.
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!
    if (isSql(part)) {
      text += part.text
      for (let at = 0; at < part.values.length; at++) values.push(part.values[at]!)
    } else {
      text += '?'
      values.push(part)
    }
    text += strings[index + 1]!
  }
  return { text, values }
}

/** A name or a fixed text of our own; never anything from outside. */
export function raw(text: string): Sql {
  return { text, values: noValues }
}

/**
 * At most so many rows. The plus hides the value from SQLite's planner, which would otherwise
 * prepare the statement again with each value that is bound (`sqlite3ExprIsInteger`, since 3.48):
 * as much work as a whole search.
 */
export function limitTo(max: number): Sql {
  return sql`LIMIT +${max}`
}

const termsPerGroup = 50

export const sqlTrue = raw('1')
export const sqlFalse = raw('0')

export function joinSql(parts: readonly Sql[], separator: string): Sql {
  return {
    text: parts.map(({ text }) => text).join(separator),
    values: parts.flatMap(({ values }) => values),
  }
}

export function andSql(parts: readonly Sql[]): Sql {
  const needed = parts.filter(({ text }) => text !== sqlTrue.text)
  if (needed.length === 0) return sqlTrue
  if (needed.some(({ text }) => text === sqlFalse.text)) return sqlFalse
  return joined(needed, ' AND ')
}

export function orSql(parts: readonly Sql[]): Sql {
  const needed = parts.filter(({ text }) => text !== sqlFalse.text)
  if (needed.length === 0) return sqlFalse
  if (needed.some(({ text }) => text === sqlTrue.text)) return sqlTrue
  return joined(needed, ' OR ')
}

/** SQLite bounds the depth of expressions: many terms are joined in groups, and these again. */
function joined(terms: readonly Sql[], operator: string): Sql {
  if (terms.length === 1) return terms[0]!
  if (terms.length <= termsPerGroup) return sql`(${joinSql(terms, operator)})`
  const size = Math.ceil(terms.length / termsPerGroup)
  const groups = Array.from({ length: Math.ceil(terms.length / size) }, (_, index) =>
    joined(terms.slice(index * size, (index + 1) * size), operator),
  )
  return joined(groups, operator)
}

/** `column = ?`, or IN; long lists travel as one JSON text, so that statements stay few. */
export function isOneOf(column: Sql, values: readonly (number | string)[]): Sql {
  if (values.length === 0) return sqlFalse
  if (values.length === 1) return sql`${column} = ${values[0]!}`
  if (values.length > 8)
    return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`
  const marks = values.map((value) => sql`${value}`)
  return sql`${column} IN (${joinSql(marks, ', ')})`
}

function isSql(part: Sql | SqlValue): part is Sql {
  return typeof part === 'object' && part !== null && 'text' in part && 'values' in part
}
