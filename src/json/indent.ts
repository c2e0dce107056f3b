/** Compact JSON made readable for people (`_pretty=true`), without parsing a number or a text. */

const indent = '  '

/** Two spaces a level. The input must be compact, valid JSON. */
export function indentJson(compact: Buffer): Buffer {
  const text = compact.toString('utf8')
  const parts: string[] = []
  let depth = 0
  let start = 0
  const breakLine = (end: number, line: number) => {
    parts.push(text.slice(start, end), '\n', indent.repeat(line))
    start = end
  }
  for (let place = 0; place < text.length; place++) {
    const character = text[place]
    if (character === '"') place = endOfText(text, place)
    else if (character === '{' || character === '[') {
      depth++
      const isEmpty = text[place + 1] === '}' || text[place + 1] === ']'
      if (!isEmpty) breakLine(place + 1, depth)
      else {
        depth--
        place++
      }
    } else if (character === '}' || character === ']') breakLine(place, --depth)
    else if (character === ',') breakLine(place + 1, depth)
    else if (character === ':') {
      parts.push(text.slice(start, place + 1), ' ')
      start = place + 1
    }
  }
  parts.push(text.slice(start), '\n')
  return Buffer.from(parts.join(''))
}

function endOfText(text: string, start: number): number {
  let place = start + 1
  while (text[place] !== '"') place += text[place] === '\\' ? 2 : 1
  return place
}
