/** A small PDF of one page: title and lines of text, in a font that every reader has. PDF 1.4. */

export interface PdfContent {
  readonly title: string
  readonly author: string
  readonly lines: readonly string[]
  /** An instant; nothing in the file comes from a clock. */
  readonly created: string
}

const LEFT = 56
const TOP = 780
const LEADING = 16
const WIDTH_MAX = 88

export function writePdf({ title, author, lines, created }: PdfContent): Buffer {
  const text = pageText(title, lines)
  const info =
    `<< /Title ${unicodeText(title)} /Author ${unicodeText(author)} ` +
    `/CreationDate (D:${created.slice(0, 19).replaceAll(/[-:T]/g, '')}Z) >>`
  const font = (name: string) =>
    `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`
  return assemble([
    '<< /Type /Catalog /Pages 2 0 R /Lang (fr-FR) /ViewerPreferences << /DisplayDocTitle true >> >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R ' +
      '/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    font('Helvetica'),
    font('Helvetica-Bold'),
    info,
  ])
}

/** Objects numbered from 1, then the table of their offsets. Texts are Latin-1, a byte each. */
function assemble(objects: readonly string[]): Buffer {
  // The comment of bytes above 127 tells transfer programs that the file is binary.
  let body = '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n'
  const offsets = objects.map((object, index) => {
    const offset = body.length
    body += `${index + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R /Info ${objects.length} 0 R >>\n`
  const start = body.length
  body += `xref\n0 ${size}\n0000000000 65535 f \n${table}${trailer}startxref\n${start}\n%%EOF\n`
  return Buffer.from(body, 'latin1')
}

function pageText(title: string, lines: readonly string[]): string {
  const shown = lines.flatMap((line) => wrap(line)).map((line) => `${literal(line)} Tj T*`)
  return [
    'BT',
    `/F2 15 Tf ${LEFT} ${TOP} Td ${literal(title)} Tj`,
    `/F1 11 Tf ${LEADING} TL 0 -${LEADING * 2} Td`,
    ...shown,
    'ET',
  ].join('\n')
}

function wrap(line: string): string[] {
  const rows: string[] = []
  let row = ''
  for (const word of line.split(' ')) {
    if (row !== '' && row.length + word.length + 1 > WIDTH_MAX) {
      rows.push(row)
      row = word
    } else row = row === '' ? word : `${row} ${word}`
  }
  return [...rows, row]
}

/** What Windows-1252 has beyond Latin-1 and French needs. */
const winAnsi: Record<string, string> = {
  '€': '\x80',
  '…': '\x85',
  Œ: '\x8c',
  '’': '\x92',
  '–': '\x96',
  œ: '\x9c',
}

function literal(text: string): string {
  const bytes = [...text.normalize('NFC')].map((character) => {
    const known = winAnsi[character]
    if (known !== undefined) return known
    return character.codePointAt(0)! < 256 ? character : '?'
  })
  return `(${bytes.join('').replaceAll(/[\\()]/g, '\\$&')})`
}

/** UTF-16 with its mark, in hexadecimal: the form of texts about the document. */
function unicodeText(text: string): string {
  const units = Array.from({ length: text.length }, (_, index) =>
    text.charCodeAt(index).toString(16).padStart(4, '0'),
  )
  return `<feff${units.join('')}>`
}
